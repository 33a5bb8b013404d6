// @ts-check
/** The page: what it says, and how it asks the desk. */

/** @typedef {"idle" | "saved" | "unsaved" | "gone"} Said */

/**
 * Say something in the page's live region, in the words of its template; nothing, if nothing is given.
 *
 * @param {Said} [name]
 */
export function say(name) {
  const region = document.querySelector("#status");
  /** @type {HTMLTemplateElement | null} */
  const words = name === undefined ? null : document.querySelector(`template[data-text=${name}]`);
  const text = words?.content.textContent ?? "";
  // The same once more would be read aloud once more.
  if (region !== null && region.textContent !== text) {
    region.textContent = text;
  }
}

/**
 * Return the address of one of the desk's pages: below the same path as this script, which lasts as long as the desk is open.
 *
 * @param {"lock" | "state"} page
 */
export function find(page) {
  return new URL({ lock: "../vergrendelen", state: "../wakker" }[page], import.meta.url).pathname;
}

/**
 * Post fields with the page's token; return the status, or 0 where no desk answers.
 *
 * @param {string} path
 * @param {Iterable<[string, string]>} [fields]
 * @returns {Promise<number>}
 */
export async function post(path, fields = []) {
  const body = new URLSearchParams([["csrf_token", readToken()], ...fields]);
  try {
    // A redirect is an answer to a page; for a script it is neither followed nor an error.
    return (await fetch(path, { method: "POST", body, redirect: "manual" })).status || 303;
  } catch {
    return 0;
  }
}

/**
 * Return the token that every form of this page carries.
 *
 * @returns {string}
 */
export function readToken() {
  /** @type {HTMLInputElement | null} */
  const input = document.querySelector("input[name=csrf_token]");
  return input?.value ?? "";
}
