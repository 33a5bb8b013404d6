/**
 * The browser's own Back, a swipe on many phones: once something may be lost it acts as the page's *Terug*.
 *
 * Beneath the page lies one more entry of the history, which bears the start page's address and belongs to the same
 * document. Back lands there, and the page goes forward again. It never adds an entry for that: browsers pass over
 * entries that were added without a touch. After *Weg* the entry above is the neutral page and the document is gone, so
 * Back loads the start page. No entry holds a state.
 */

/** Lay the entry beneath, within a press. `mayLeave` says whether Back now really leaves, `goBack` is what else it does. */
export function holdBack(mayLeave: () => boolean, goBack: () => void): void {
  const here = location.pathname;
  history.replaceState(null, "", "../");
  history.pushState(null, "", here);
  window.addEventListener("popstate", () => {
    if (location.pathname === here) {
      return;
    }
    if (mayLeave()) {
      // By now the address is the start page's.
      location.reload();
    } else {
      history.forward();
      goBack();
    }
  });
}

/** Say whether this document stands for one that was here before: loaded anew, or come back to, with all that was typed gone. */
export function wasLoadedAnew(): boolean {
  const [entry] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  return entry?.type === "reload" || entry?.type === "back_forward";
}
