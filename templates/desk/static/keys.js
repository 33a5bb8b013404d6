// @ts-check
/** Single keys, never while somebody types; each does what can also be done without it, and all can be switched off. */

/** Listen to keys, and show the button that explains them. */
export function prepareKeys() {
  /** @type {HTMLDialogElement | null} */
  const dialog = document.querySelector("dialog#keys");
  /** @type {HTMLElement | null} */
  const button = document.querySelector("#show-keys");
  const explain = () => {
    dialog?.showModal();
  };
  if (button !== null) {
    button.hidden = false;
    button.addEventListener("click", explain);
  }
  if (document.body.dataset["keys"] === "on") {
    addEventListener("keydown", (event) => {
      if (!isForOthers(event, dialog) && press(event.key, explain)) {
        event.preventDefault();
      }
    });
  }
}

/**
 * Say whether a key belongs to a field, to a dialog or to the browser.
 *
 * @param {KeyboardEvent} event
 * @param {HTMLDialogElement | null} dialog
 */
function isForOthers(event, dialog) {
  const isTyping = event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]");
  return event.isComposing || event.ctrlKey || event.altKey || event.metaKey || Boolean(isTyping) || dialog?.open === true;
}

/**
 * Do what a key is for; return whether it is for anything.
 *
 * @param {string} key
 * @param {() => void} explain
 * @returns {boolean}
 */
function press(key, explain) {
  const isInList = document.activeElement?.closest(".list") !== null;
  switch (key) {
    case "j":
      return move(1);
    case "k":
      return move(-1);
    case "ArrowDown":
      // Elsewhere the arrows scroll.
      return isInList && move(1);
    case "ArrowUp":
      return isInList && move(-1);
    case "a":
      return focus("#text");
    case "/":
      return focus("[data-search]");
    case "?":
      explain();
      return true;
    default:
      return false;
  }
}

/**
 * Go to the next conversation in the list, or the previous one: from the one that has the focus, else the open one.
 *
 * @param {number} by
 * @returns {boolean}
 */
function move(by) {
  /** @type {HTMLElement[]} */
  const links = [...document.querySelectorAll(/** @type {"a"} */ (".list [href]"))];
  const focused = links.findIndex((link) => link === document.activeElement);
  const here = focused >= 0 ? focused : links.findIndex((link) => link.hasAttribute("aria-current"));
  const next = here < 0 ? (by > 0 ? 0 : links.length - 1) : here + by;
  links[Math.max(0, Math.min(links.length - 1, next))]?.focus();
  return links.length > 0;
}

/**
 * Go to an element, if the page has it.
 *
 * @param {string} selector
 * @returns {boolean}
 */
function focus(selector) {
  /** @type {HTMLElement | null} */
  const element = document.querySelector(selector);
  element?.focus();
  return element !== null;
}
