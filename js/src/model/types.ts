/** The messages between kernel and browser: docs/comm.md in TypeScript. */
import type { Args } from "../template.ts";
import type { Coded, Words } from "../words.ts";

export type Status = "connecting" | "connected" | "reconnecting" | "closed" | "failed";

/** Times are Unix ms of the kernel's clock: the browser uses only differences to `now`. */
export interface Connection {
  status: Status;
  since: number;
  attempt: number;
  retry_at: number | null;
  now: number;
  reason: string;
  advice: string;
  /** The same as a code with its arguments. */
  code?: string | undefined;
  args?: Args | undefined;
  server: string;
  outage: number | null;
}

export type QueueStatus = "saving" | "queued" | "sent" | "withdrawing" | "failed";

export interface SharedError {
  name: string;
  message: string;
  traceback: string;
}

/** What the learner shares with a message. */
export interface Context {
  cell?: string | undefined;
  error?: SharedError | undefined;
}

/** Whether code was shared, and the name of a shared error. */
export interface Shared {
  cell?: boolean | undefined;
  error?: string | undefined;
}

export interface QueueItem {
  id: string;
  text: string;
  at: number;
  status: QueueStatus;
  reason: string;
  code?: string | undefined;
  context?: Context | undefined;
}

export interface LogEvent {
  seq: number;
  id: string;
  role: "learner" | "tutor" | "notice";
  text: string;
  at: number;
  status: "complete" | "stopped" | "failed";
  re?: string;
  /** The person who wrote a notice. */
  by?: string;
  shared?: Shared;
}

/** The reply that is being generated: at most one, the last item of `history`. */
export interface Reply {
  id: string;
  re: string;
  role: "tutor";
  text: string;
  status: "streaming";
  /** Its place in the queue of the tutor, while it waits. */
  place?: number;
  /** It is written, and waits for a person's approval. */
  held?: boolean;
}

export type HistoryItem = LogEvent | Reply;

export interface View {
  key: string;
  /**
   * The owners, as hashes, whose stored drafts and commands this chat may take: the credentials,
   * then the account. What is typed now belongs to the last. 0.1 names none.
   */
  owners?: string[] | undefined;
  older: boolean;
  resume: { at: number } | null;
  warning: string;
  warning_code?: string | undefined;
  warning_args?: Args | undefined;
  lang: string;
  /** What the learner can share: the name of the last error, or ""; and whether a cell was run. */
  error: string;
  cell: boolean;
  /** The id of this model; kernels of 0.1 do not name it. */
  model?: string | undefined;
  /** Whether the notebook may store the conversation. */
  save?: boolean | undefined;
  /** The revision of the state that is shown; null: there is none. */
  rev?: number | null | undefined;
  /** What else the tutor takes: `report`, `erase`. */
  offers?: string[] | undefined;
  /** The learner has asked to delete the conversation, and it is not deleted yet. */
  erasing?: boolean | undefined;
  /** The keys of deleted conversations: nothing of them may stay in this tab. */
  erased?: string[] | undefined;
  /** Reported answers, by id. */
  reports?: Record<string, "waiting" | "reported"> | undefined;
}

export interface Traits {
  /** The catalogue of another language than English, after a request for it. */
  _words: Words | null;
  _n: number;
  status: Status;
  connection: Connection;
  queue: QueueItem[];
  history: HistoryItem[];
  /** The tutor's: see `readLesson`. */
  session_state: unknown;
  _view: View;
}

export type ReplyChange =
  | { re: string; id: string; from: number; text: string; place?: number; held?: boolean }
  | { re?: never; from: number; text: string };

/** What went wrong with a command: an English sentence, and the same as a code. */
export interface Fault extends Coded {
  error: string;
}

export interface Acknowledgement extends Partial<Fault> {
  id: string;
  /** The answer to a question; its type depends on the question. */
  answer?: unknown;
}

/** A custom message of the kernel: a numbered change, acknowledgements, or both. */
export interface Change {
  n?: number;
  queue?: QueueItem[];
  gone?: string[];
  events?: LogEvent[];
  reply?: ReplyChange | null;
  older?: LogEvent[];
  state?: unknown;
  connection?: Connection;
  view?: Partial<View>;
  acks?: Acknowledgement[];
}

/** What a learner says of an answer. `reason` may be empty; `share`: teachers may read around it. */
export type Complaint = { reason: string; share: boolean };

export type FileFormat = "html" | "md" | "json";

export type Request =
  /** `again`: the id of the message that this one repeats, with the context of that message. */
  | {
      op: "say";
      text: string;
      context?: Context | undefined;
      again?: string | undefined;
      /** The revision of the state that was shown. */
      rev?: number | undefined;
    }
  | { op: "stop"; re: string }
  | { op: "retry"; message: string }
  | { op: "discard"; message: string }
  | { op: "reconnect" }
  | { op: "nudge"; why: "online" | "visible" }
  | { op: "new" }
  | { op: "continue" }
  /** `key`: of the conversation that is meant (see `View`). */
  | ({ op: "report"; key: string; message: string } & Complaint)
  | { op: "erase"; key: string }
  | { op: "view"; view: string; shown: boolean; n: number; lang: string | undefined }
  | { op: "words"; languages: string[] }
  // Questions: the acknowledgement has an answer.
  | { op: "older"; n: number }
  | { op: "part"; name: string }
  | { op: "context"; of: keyof Context }
  | { op: "notebook"; holds: string | null; path: string }
  | { op: "file"; format: FileFormat; from: string | 0 };

/** `owner`: who gave it (see `View`): the kernel performs it under no other account. */
export type Command = Request & { id: string; owner?: string | undefined };

export const isReply = (item: HistoryItem | undefined): item is Reply =>
  item?.status === "streaming";
