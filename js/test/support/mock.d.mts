import type { Model } from "../../src/model/conversation.ts";
import type { Change, Command, Traits } from "../../src/model/types.ts";

type Partials = { [K in keyof Traits]?: unknown extends Traits[K] ? unknown : Partial<Traits[K]> };

export class MockModel {
  constructor(
    traits?: Partials,
    options?: {
      answers?: boolean;
      manager?: unknown;
      parts?: Record<string, string>;
      throws?: boolean;
    },
  );
  readonly sent: Command[];
  saved: number;
  answers: boolean;
  throws: boolean;
  widget_manager: Model["widget_manager"];
  get: Model["get"];
  set: Model["set"];
  on: Model["on"];
  off: Model["off"];
  send: Model["send"];
  save_changes(): void;
  ops(op: Command["op"]): Command[];
  receive(message: Change): void;
  change(change: Change): void;
  traitsArrive(traits: Partials): void;
  commChanged(): void;
}
