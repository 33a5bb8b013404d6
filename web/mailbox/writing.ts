/** What somebody is writing in a mailbox, until it is sent or thrown away. */

import type { Upload } from "../attachments/upload.ts";

/** An answer that was begun. */
export class Writing {
  text = "";
  readonly files: Upload[] = [];

  /** Whether there is a word or a file of it. */
  get isBegun(): boolean {
    return this.text.trim() !== "" || this.files.length > 0;
  }

  discard(): void {
    this.text = "";
    this.files.length = 0;
  }
}
