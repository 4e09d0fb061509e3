/** A command for a host to run. */
export interface HostedCommand {
  /** Path of `dist/main.js`. */
  readonly main: string;
  /** Path of a module that is evaluated before it and sets the clock. */
  readonly clock?: string;
  readonly args: readonly string[];
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** What the host writes on stdout and on stderr once the command has ended. */
  readonly end: string;
}

/** How a command has ended. */
export interface HostedEnd {
  readonly code: number;
  /** Memory of the host. */
  readonly rssBytes: number;
}
