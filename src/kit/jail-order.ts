// What a role may ask of the driver that makes jails for it, as JSON lines on a socket: one command
// to a connection, in a jail whose shape the plan has fixed. Streams go over three pipes.

import * as z from 'zod';

/** execve(2) takes no longer argument (MAX_ARG_STRLEN, 131,072 with its end). */
const commandBytesMax = 131_071;
/** JSON may write one byte as six. */
export const orderBytesMax = 6 * commandBytesMax + 1_024;

export const scopeName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/);

const cells = z.int().min(1).max(1_000);

export const jailOrderSchema = z.strictObject({
  /** Whose folders: one of those that the plan names. */
  scope: scopeName,
  /** For `/bin/sh -c`. */
  command: z
    .string()
    .refine((text) => !text.includes('\0') && Buffer.byteLength(text) <= commandBytesMax),
  /** A terminal of this size, or pipes. */
  terminal: z.strictObject({ columns: cells, rows: cells }).nullable(),
  /** No file may be written, only taken away: what a scope over its bound is left with. */
  onlyDelete: z.boolean(),
});

export type JailOrder = z.infer<typeof jailOrderSchema>;

/** Names of the pipes, in a folder beside the socket. */
export const pipeNames = ['in', 'out', 'err'] as const;

/**
 * In this order: `pipes` names the folder, to be opened now; `started` once the command has them;
 * `ended` with its exit code. `refused` instead of any of them. Closing the connection ends the
 * jail.
 */
export const jailAnswerSchema = z.union([
  z.strictObject({ pipes: z.string().regex(/^[0-9]{1,9}$/) }),
  z.strictObject({ started: z.literal(true) }),
  z.strictObject({ ended: z.int().min(0).max(255) }),
  z.strictObject({ refused: z.string().max(1_024) }),
]);

export type JailAnswer = z.infer<typeof jailAnswerSchema>;
