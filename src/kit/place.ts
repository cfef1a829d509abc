// A place in a file the user wrote, so that every error, finding and rule can say where it was
// declared.

export interface Place {
  readonly file: string;
  /** 1-based; 0 where a default declared it and no line did. */
  readonly line: number;
  readonly column: number;
}

/** `clincher.yaml:14:7`, or `clincher.yaml (default)` for what no line declared. */
export function formatPlace(place: Place): string {
  return place.line === 0
    ? `${place.file} (default)`
    : `${place.file}:${place.line}:${place.column}`;
}

export function defaultPlace(file = 'clincher.yaml'): Place {
  return { file, line: 0, column: 0 };
}
