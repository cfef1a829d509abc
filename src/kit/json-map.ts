// A map of unknown values, as JSON and YAML have it, and what stands at a path in one.

export type JsonMap = Readonly<Record<string, unknown>>;

export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Undefined where nothing stands; what an object inherits does not count. */
export function valueAt(map: JsonMap, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (isMap(at) && Object.hasOwn(at, key) ? at[key] : undefined),
    map,
  );
}
