// The dialects, and what each can do: three are spoken by clients and providers, the older
// completions by clients alone, Gemini's own by providers alone.

import type { Api } from '../llm-api.ts';
import type { TranslationTarget } from '../llm-translation.ts';
import { readAnthropicAnswer, writeAnthropicAnswer } from './anthropic-answer.ts';
import { readAnthropicRequest } from './anthropic-read-request.ts';
import { readAnthropicStream, writeAnthropicStream } from './anthropic-stream.ts';
import { writeAnthropicRequest } from './anthropic-write-request.ts';
import { readChatAnswer, writeChatAnswer } from './chat-answer.ts';
import { readChatRequest } from './chat-read-request.ts';
import { readChatStream, writeChatStream } from './chat-stream.ts';
import { writeChatRequest } from './chat-write-request.ts';
import { readCompletionRequest, writeCompletion, writeCompletionStream } from './completions.ts';
import type { Answer, Conversation, StreamReader, StreamWriter } from './conversation.ts';
import { readGeminiAnswer, readGeminiStream } from './gemini-answer.ts';
import { writeGeminiRequest } from './gemini-write-request.ts';
import type { Losses } from './losses.ts';
import { readResponsesAnswer, writeResponsesAnswer } from './responses-answer.ts';
import { readResponsesRequest } from './responses-read-request.ts';
import { readResponsesStream } from './responses-read-stream.ts';
import { writeResponsesRequest } from './responses-write-request.ts';
import { writeResponsesStream } from './responses-write-stream.ts';

/** What an answer carries that the provider does not say. */
export interface Frame {
  readonly createdSeconds: number;
  /** Whether the client of chat completions asked for counts at the end of its stream. */
  readonly countInStream: boolean;
}

export interface ClientDialect {
  readRequest(body: unknown, losses: Losses): Conversation;
  writeAnswer(answer: Answer, frame: Frame): Record<string, unknown>;
  writeStream(frame: Frame): StreamWriter;
}

export interface ProviderDialect {
  writeRequest(
    conversation: Conversation,
    target: TranslationTarget,
    losses: Losses,
  ): Record<string, unknown>;
  readAnswer(body: unknown): Answer;
  readStream(): StreamReader;
}

export const clientDialects = {
  completions: {
    readRequest: readCompletionRequest,
    writeAnswer: (answer, { createdSeconds }) => writeCompletion(answer, createdSeconds),
    writeStream: ({ createdSeconds, countInStream }) =>
      writeCompletionStream(createdSeconds, countInStream),
  },
  messages: {
    readRequest: readAnthropicRequest,
    writeAnswer: writeAnthropicAnswer,
    writeStream: writeAnthropicStream,
  },
  chat: {
    readRequest: readChatRequest,
    writeAnswer: (answer, { createdSeconds }) => writeChatAnswer(answer, createdSeconds),
    writeStream: ({ createdSeconds, countInStream }) =>
      writeChatStream(createdSeconds, countInStream),
  },
  responses: {
    readRequest: readResponsesRequest,
    writeAnswer: (answer, { createdSeconds }) => writeResponsesAnswer(answer, createdSeconds),
    writeStream: ({ createdSeconds }) => writeResponsesStream(createdSeconds),
  },
} as const satisfies Partial<Record<Api, ClientDialect>>;

export const providerDialects = {
  messages: {
    writeRequest: writeAnthropicRequest,
    readAnswer: readAnthropicAnswer,
    readStream: readAnthropicStream,
  },
  chat: {
    writeRequest: writeChatRequest,
    readAnswer: readChatAnswer,
    readStream: readChatStream,
  },
  responses: {
    writeRequest: writeResponsesRequest,
    readAnswer: readResponsesAnswer,
    readStream: readResponsesStream,
  },
  generate: {
    writeRequest: writeGeminiRequest,
    readAnswer: readGeminiAnswer,
    readStream: readGeminiStream,
  },
} as const satisfies Partial<Record<Api, ProviderDialect>>;
