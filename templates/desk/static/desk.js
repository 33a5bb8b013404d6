// @ts-check
/**
 * The script of the open desk. Every page works without it; it keeps drafts, locks in time, and listens to keys.
 *
 * Plain modules, because a workstation has no node. What people read stands in templates/desk/script.html.
 */

import { prepareDrafts } from "./draft.js";
import { prepareKeys } from "./keys.js";
import { prepareLocking } from "./lock.js";

const drafts = prepareDrafts();
prepareLocking(drafts);
prepareKeys();
