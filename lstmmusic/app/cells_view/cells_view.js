// Cells over time as colours, a row a cell. The playhead follows the piano roll of the same piece;
// a click goes there.

const LEFT = 64; // pixels: what the rows carry
const HEAD = 14; // pixels: bar numbers
const ROW = 5;
const LEVELS = 100;
// Ends of scales that differ in lightness, too: below nought, nought, above; shut, open.
const BLUE = [33, 102, 172];
const WHITE = [247, 247, 247];
const RED = [178, 24, 43];
const SHUT = [68, 1, 84];
const HALF = [33, 144, 140];
const OPEN = [253, 231, 37];

const mix = (from, to, share) => from.map((part, k) => Math.round(part + (to[k] - part) * share));
const mounted = new WeakMap();

export default function (component) {
  const { data, parentElement } = component;
  const old = mounted.get(parentElement);
  if (old && old.data.id === data.id) {
    old.draw();
    return () => old.destroy();
  }
  if (old) old.destroy();
  const view = new View(parentElement, data);
  mounted.set(parentElement, view);
  return () => view.destroy();
}

class View {
  constructor(parent, data) {
    this.parent = parent;
    this.data = data;
    this.find = (name) => parent.querySelector("." + name);
    this.canvas = this.find("canvas");
    this.pen = this.canvas.getContext("2d");
    this.abort = new AbortController();
    this.height = HEAD + data.rows.length * ROW;
    this.find("title").textContent = data.title;
    this.canvas.setAttribute("aria-label", `${data.title}, a row each, over the piece. ${this.summary()}`);
    this.find("told").textContent = this.summary();
    const options = { signal: this.abort.signal };
    window.addEventListener("lstmmusic:at", ({ detail }) => {
      if (detail.piece === data.piece) this.move(detail.seconds);
    }, options);
    const view = this.find("view");
    const place = (event) => {
      const box = view.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    view.addEventListener("click", (event) => {
      const [x] = place(event);
      if (x < LEFT) return;
      const detail = { piece: data.piece, seconds: this.seconds(x) };
      window.dispatchEvent(new CustomEvent("lstmmusic:seek", { detail }));
    }, options);
    view.addEventListener("pointermove", (event) => this.hover(...place(event)), options);
    view.addEventListener("pointerleave", () => {
      this.find("told").textContent = this.summary();
    }, options);
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(view);
    this.draw();
    this.move(0);
  }

  destroy() {
    this.abort.abort();
    this.observer.disconnect();
    mounted.delete(this.parent);
  }

  summary() {
    const counts = {};
    for (const row of this.data.rows) counts[row.role] = (counts[row.role] || 0) + 1;
    return Object.entries(counts).map(([role, n]) => `${role}: ${n}`).join(", ");
  }

  x(seconds) {
    return LEFT + (seconds / this.data.seconds) * (this.width - LEFT);
  }

  seconds(x) {
    return ((x - LEFT) / (this.width - LEFT)) * this.data.seconds;
  }

  move(seconds) {
    this.find("playhead").style.transform = `translateX(${this.x(seconds)}px)`;
  }

  hover(x, y) {
    const row = this.data.rows[Math.floor((y - HEAD) / ROW)];
    if (!row || x < LEFT) return;
    const step = Math.max(this.data.times.findLastIndex((time) => time <= this.seconds(x)), 0);
    const value = (row.levels[step] / LEVELS) * row.limit;
    const told = Object.entries(row.told).map(([name, share]) => `${name} ${Math.round(share * 100)} %`);
    this.find("told").textContent = `Cell ${row.unit}: ${value.toFixed(2)} here; told by ${told.join(", ")}`;
  }

  colour(level) {
    const share = level / LEVELS;
    if (this.data.is_gate) {
      return share < 0.5 ? mix(SHUT, HALF, share * 2) : mix(HALF, OPEN, share * 2 - 1);
    }
    return share < 0 ? mix(WHITE, BLUE, -share) : mix(WHITE, RED, share);
  }

  draw() {
    this.width = this.find("view").clientWidth;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    this.canvas.style.height = this.height + "px";
    const pen = this.pen;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    const { times, rows, seconds, bars } = this.data;
    rows.forEach((row, index) => {
      row.levels.forEach((level, step) => {
        const [from, to] = [this.x(times[step]), this.x(times[step + 1] ?? seconds)];
        pen.fillStyle = `rgb(${this.colour(level)})`;
        pen.fillRect(from, HEAD + index * ROW, to - from + 0.5, ROW);
      });
    });
    const text = getComputedStyle(this.find("cells")).color;
    pen.fillStyle = text;
    pen.font = "12px sans-serif";
    pen.textBaseline = "middle";
    let last = -100;
    bars.forEach((start, index) => {
      const x = this.x(start);
      if (index % 12 === 0 && index) pen.fillRect(x, 0, 1, this.height);
      if (x - last < 24) return;
      last = x;
      pen.font = "10px sans-serif";
      pen.fillText(String(index + 1), x + 2, 6);
    });
    pen.font = "12px sans-serif";
    rows.forEach((row, index) => {
      if (index && rows[index - 1].role === row.role) return;
      pen.fillRect(0, HEAD + index * ROW - (index ? 1 : 0), this.width, 1);
      const size = rows.filter((other) => other.role === row.role).length;
      if (size > 1) pen.fillText(row.role, 2, HEAD + index * ROW + Math.min(size * ROW, 24) / 2 + 1);
    });
  }
}
