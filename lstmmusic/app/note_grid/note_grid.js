// A grid of eighths and pitches. One note sounds at a time: a new one cuts what it meets. Click or
// drag; on the keyboard arrows move, Space puts down or takes away, Shift and arrows lengthen.

const NAMES = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"];
const BLACK = new Set([1, 3, 6, 8, 10]);
const noteName = (pitch) => NAMES[pitch % 12] + (Math.floor(pitch / 12) - 1);

const mounted = new WeakMap();

export default function (component) {
  const { data, parentElement } = component;
  const id = JSON.stringify(data);
  const old = mounted.get(parentElement);
  if (old && old.id === id) {
    old.component = component;
    return () => old.destroy();
  }
  if (old) old.destroy();
  const grid = new Grid(parentElement, component, id, old?.notes || []);
  mounted.set(parentElement, grid);
  return () => grid.destroy();
}

class Grid {
  constructor(parent, component, id, notes) {
    this.id = id;
    this.parent = parent;
    this.component = component;
    this.data = component.data;
    this.notes = notes.filter(([column, length]) => column + length <= this.data.columns);
    this.root = parent.querySelector(".grid");
    this.told = parent.querySelector(".told");
    this.abort = new AbortController();
    this.build();
    this.listen();
    this.draw();
    const middle = this.cell(0, 72);
    this.root.scrollTop = middle.parentElement.offsetTop - this.root.offsetTop - 120;
  }

  destroy() {
    this.abort.abort();
    this.context?.close();
    mounted.delete(this.parent);
  }

  build() {
    const { columns, columns_per_bar: perBar, columns_per_beat: perBeat, lowest, highest } = this.data;
    this.root.style.setProperty("--columns", columns);
    this.cells = new Map();
    const rows = [];
    for (let pitch = highest; pitch >= lowest; pitch -= 1) {
      const row = document.createElement("div");
      row.className = BLACK.has(pitch % 12) ? "row black" : "row";
      row.setAttribute("role", "row");
      const name = document.createElement("span");
      name.className = "name";
      name.setAttribute("role", "rowheader");
      name.textContent = noteName(pitch);
      row.append(name);
      for (let column = 0; column < columns; column += 1) {
        const cell = document.createElement("button");
        cell.type = "button";
        cell.setAttribute("role", "gridcell");
        cell.tabIndex = column === 0 && pitch === 72 ? 0 : -1;
        cell.dataset.column = column;
        cell.dataset.pitch = pitch;
        cell.className = "cell" + (column % perBar === 0 ? " bar" : column % perBeat === 0 ? " beat" : "");
        const bar = Math.floor(column / perBar) + 1;
        const beat = Math.floor((column % perBar) / perBeat) + 1;
        const part = column % perBeat ? `, eighth ${(column % perBeat) + 1}` : "";
        cell.setAttribute("aria-label", `${noteName(pitch)}, bar ${bar}, beat ${beat}${part}`);
        this.cells.set(`${column} ${pitch}`, cell);
        row.append(cell);
      }
      rows.push(row);
    }
    this.root.replaceChildren(...rows);
  }

  cell(column, pitch) {
    return this.cells.get(`${column} ${pitch}`);
  }

  noteAt(column) {
    return this.notes.find(([start, length]) => column >= start && column < start + length);
  }

  // Puts a note down; what it covers is taken away or cut short.
  put(column, length, pitch) {
    const end = Math.min(column + length, this.data.columns);
    this.notes = this.notes
      .filter(([start]) => start < column || start >= end)
      .map(([start, long, other]) => [start, start < column ? Math.min(long, column - start) : long, other]);
    this.notes.push([column, end - column, pitch]);
    this.notes.sort((a, b) => a[0] - b[0]);
  }

  remove(column) {
    this.notes = this.notes.filter((note) => note !== this.noteAt(column));
  }

  draw() {
    for (const cell of this.cells.values()) {
      const column = Number(cell.dataset.column);
      const note = this.noteAt(column);
      const on = Boolean(note) && note[2] === Number(cell.dataset.pitch);
      cell.classList.toggle("on", on);
      cell.classList.toggle("later", on && note[0] !== column);
      cell.setAttribute("aria-selected", String(on));
    }
    this.told.textContent = this.notes.length
      ? this.notes.map((note) => noteName(note[2])).join(" ")
      : "Click a cell to put a note down, drag to make it longer, click a note to take it away.";
  }

  tell() {
    this.draw();
    this.component.setStateValue("notes", this.notes);
  }

  hear(pitch) {
    this.context ??= new AudioContext();
    const now = this.context.currentTime;
    const tone = this.context.createOscillator();
    const gain = this.context.createGain();
    tone.type = "triangle";
    tone.frequency.value = 440 * 2 ** ((pitch - 69) / 12);
    gain.gain.setValueAtTime(0.2, now);
    gain.gain.exponentialRampToValueAtTime(0.001, now + 0.3);
    tone.connect(gain).connect(this.context.destination);
    tone.start(now);
    tone.stop(now + 0.3);
  }

  listen() {
    const options = { signal: this.abort.signal };
    const where = (event) => {
      const cell = event.target.closest?.(".cell");
      return cell && [Number(cell.dataset.column), Number(cell.dataset.pitch)];
    };
    this.root.addEventListener("pointerdown", (event) => {
      const at = where(event);
      if (!at) return;
      event.target.releasePointerCapture?.(event.pointerId); // so that other cells hear of a drag
      const note = this.noteAt(at[0]);
      if (note && note[2] === at[1]) {
        this.remove(at[0]);
        this.tell();
        return;
      }
      this.dragged = at;
      this.before = this.notes;
      this.put(at[0], 1, at[1]);
      this.hear(at[1]);
      this.draw();
    }, options);
    this.root.addEventListener("pointerover", (event) => {
      const at = this.dragged && where(event);
      if (!at || at[0] < this.dragged[0]) return;
      this.notes = this.before;
      this.put(this.dragged[0], at[0] - this.dragged[0] + 1, this.dragged[1]);
      this.draw();
    }, options);
    window.addEventListener("pointerup", () => {
      if (!this.dragged) return;
      this.dragged = undefined;
      this.tell();
    }, options);
    this.root.addEventListener("keydown", (event) => {
      const at = where(event);
      if (at) this.key(event, ...at);
    }, options);
  }

  key(event, column, pitch) {
    const note = this.noteAt(column);
    const mine = note && note[2] === pitch ? note : null;
    if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      if (mine) this.remove(column);
      else {
        this.put(column, 1, pitch);
        this.hear(pitch);
      }
      this.tell();
      return;
    }
    const moves = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (!(event.key in moves)) return;
    event.preventDefault();
    const [across, up] = moves[event.key];
    if (event.shiftKey && across && mine) {
      const length = Math.max(mine[1] + across, 1);
      this.remove(column);
      this.put(mine[0], length, pitch);
      this.tell();
      return;
    }
    const next = this.cell(column + across, pitch + up);
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }
}
