// An engraved score in which the note and the bar that sound are marked. It asks nothing of the
// server: the piano roll of the same piece says at every frame where it is.

const mounted = new WeakMap();

export default function (component) {
  const { data, parentElement } = component;
  const old = mounted.get(parentElement);
  const id = data.piece + data.pages.length + data.pages[0].length + data.pages[0].slice(-4000);
  if (old && old.id === id) return () => old.destroy();
  if (old) old.destroy();
  const view = new View(parentElement, data, id);
  mounted.set(parentElement, view);
  return () => view.destroy();
}

class View {
  constructor(parent, data, id) {
    this.id = id;
    this.data = data;
    this.parent = parent;
    this.root = parent.querySelector(".lstmmusic-score");
    this.root.tabIndex = 0;
    this.root.setAttribute("role", "region");
    this.root.setAttribute("aria-label", "Score: melody and chords");
    this.abort = new AbortController();
    const parser = new DOMParser();
    this.root.replaceChildren(...data.pages.map((page) => {
      const drawn = parser.parseFromString(page, "image/svg+xml").documentElement;
      drawn.setAttribute("role", "img");
      drawn.setAttribute("aria-label", "A page of the score");
      return document.importNode(drawn, true);
    }));
    const named = new Map([...this.root.querySelectorAll("[id]")].map((found) => [found.id, found]));
    const known = (rows) => rows.map(([from, to, name]) => [from, to, named.get(name)])
      .filter((row) => row[2]);
    this.notes = known(data.notes);
    this.bars = known(data.bars);
    const options = { signal: this.abort.signal };
    window.addEventListener("lstmmusic:at", ({ detail }) => {
      if (detail.piece === data.piece) this.follow(detail.seconds);
    }, options);
    this.root.addEventListener("click", (event) => {
      const row = this.notes.find(([, , note]) => note.contains(event.target))
        || this.bars.find(([, , bar]) => bar.contains(event.target));
      if (!row) return;
      const detail = { piece: data.piece, seconds: row[0] };
      window.dispatchEvent(new CustomEvent("lstmmusic:seek", { detail }));
    }, options);
  }

  destroy() {
    this.abort.abort();
    mounted.delete(this.parent);
  }

  follow(seconds) {
    const note = this.at(this.notes, seconds);
    if (note !== this.note) {
      this.note?.classList.remove("lstmmusic-heard");
      note?.classList.add("lstmmusic-heard");
      this.note = note;
    }
    const bar = this.at(this.bars, seconds);
    if (bar === this.bar) return;
    this.bar?.classList.remove("lstmmusic-bar");
    bar?.classList.add("lstmmusic-bar");
    this.bar = bar;
    if (bar) this.bringIntoView(bar);
  }

  at(rows, seconds) {
    const row = rows.findLast(([from]) => from <= seconds + 0.001);
    return row && seconds < row[1] ? row[2] : undefined;
  }

  // Scrolls the score alone, never the page.
  bringIntoView(bar) {
    const box = bar.getBoundingClientRect();
    const view = this.root.getBoundingClientRect();
    if (box.top >= view.top && box.bottom <= view.bottom) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.root.scrollBy({
      top: box.top - view.top - 40, behavior: calm ? "instant" : "smooth",
    });
  }
}
