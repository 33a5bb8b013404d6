/** Telephone numbers that have expired since the pages were built: better none than a wrong one. */

/** Remove every contact inside `root` whose last day is over on `today` (YYYY-MM-DD). */
export function removeExpired(root: ParentNode, today: string): void {
  for (const contact of root.querySelectorAll<HTMLElement>("[data-expires-on]")) {
    if ((contact.dataset["expiresOn"] ?? "") < today) {
      contact.remove();
    }
  }
}

/** Do so in the page and in what its templates hold. */
export function removeExpiredEverywhere(today: string): void {
  removeExpired(document, today);
  for (const template of document.querySelectorAll("template")) {
    removeExpired(template.content, today);
  }
}
