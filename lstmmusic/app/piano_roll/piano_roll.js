// A piano roll that plays: one gain node a part on one AudioContext, and a playhead that reads the
// audio clock at every frame. Only what is visible is drawn, on one canvas; names and chords are
// drawn as text, never put into the page as markup.

const GUTTER = 52; // pixels: key names
const HEAD = 44; // pixels: bar numbers and chords
const BAR_NUMBERS = 17; // pixels: within the head
const ROW = 9; // pixels a semitone
const DRUM_ROW = 11;
const DRUM_NAMES = {
  35: "kick", 36: "kick", 37: "stick", 38: "snare", 40: "snare", 42: "hat", 44: "pedal",
  46: "open hat", 49: "crash", 51: "ride",
};
const NAMES = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"];
const COLOURS = ["#d9480f", "#1971c2", "#2f9e44", "#7048e8", "#c2255c", "#5c940d"];
const ON_DARK = ["#ff8a52", "#5cabf0", "#5ccb70", "#a78bff", "#f57aa5", "#a3d94f"];
const BLACK = new Set([1, 3, 6, 8, 10]);

const noteName = (pitch) => NAMES[pitch % 12] + (Math.floor(pitch / 12) - 1);
const clock = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds));
  return Math.floor(whole / 60) + ":" + String(whole % 60).padStart(2, "0");
};

// Dark letters on a light colour, white ones on a dark one.
const legibleOn = (pen, colour) => {
  pen.fillStyle = colour; // which the canvas then tells as #rrggbb
  const parts = [1, 3, 5].map((at) => parseInt(pen.fillStyle.slice(at, at + 2), 16) / 255);
  const [red, green, blue] = parts.map((part) => part ** 2.2);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.19 ? "#1b1a18" : "#fff";
};

// The first note that does not start before a time: notes are in the order of their onsets.
const firstFrom = (notes, seconds) => {
  let [low, high] = [0, notes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (notes[middle][0] < seconds) low = middle + 1;
    else high = middle;
  }
  return low;
};

// One entry a mounted component: Streamlit calls the function below again on every rerun.
const mounted = new WeakMap();

export default function (component) {
  const { data, parentElement } = component;
  const old = mounted.get(parentElement);
  if (old && old.id === data.id) {
    old.component = component;
    old.draw(); // the theme may have changed
    return () => old.destroy();
  }
  // The same music at another speed: what was chosen stays, and it plays on from there.
  const kept = old && old.data.piece === data.piece ? old.kept() : null;
  if (old) old.destroy();
  const roll = new Roll(parentElement, component, kept);
  mounted.set(parentElement, roll);
  return () => roll.destroy();
}

class Roll {
  constructor(parent, component, kept) {
    const data = component.data;
    this.id = data.id;
    this.data = data;
    this.component = component;
    this.root = parent.querySelector(".roll");
    this.find = (name) => this.root.querySelector("." + name);
    this.canvas = this.find("canvas");
    this.pen = this.canvas.getContext("2d");
    this.scroller = this.find("scroller");
    this.head = this.find("playhead");
    this.abort = new AbortController();
    this.zoom = 1;
    this.offset = 0; // seconds, while standing
    this.playing = false;
    this.sources = [];
    this.parts = data.parts.map((part, index) => ({
      ...part,
      longest: part.notes.reduce((most, note) => Math.max(most, note[1]), 0),
      shown: true, muted: false, solo: false,
      ...kept?.parts[index],
    }));
    this.selected = kept?.selected ?? null; // first and last bar, counted from 0
    this.looping = kept?.looping ?? false;
    this.span = null; // seconds that the sources loop over
    this.layOut();
    this.buildParts();
    this.listen();
    this.root.dataset.state = "loading"; // the buttons are those of the piece before
    this.labelPlay();
    this.labelLoop();
    this.zoom = kept?.zoom ?? 1;
    this.offset = kept ? (kept.seconds * kept.speed) / data.speed : 0;
    this.resize();
    if (kept) this.scroller.scrollLeft = kept.scrolled * this.scroller.scrollWidth;
    this.ready = this.decode();
    this.ready.then(
      () => (kept ? kept.playing : data.autoplay) && this.play(),
      (error) => this.say(String(error)),
    );
  }

  // What another one of the same music goes on with.
  kept() {
    return {
      parts: this.parts.map(({ shown, muted, solo }) => ({ shown, muted, solo })),
      selected: this.selected,
      looping: this.looping,
      zoom: this.zoom,
      scrolled: this.scroller.scrollLeft / this.scroller.scrollWidth,
      playing: this.playing,
      seconds: this.position(),
      speed: this.data.speed,
    };
  }

  destroy() {
    this.abort.abort();
    this.observer?.disconnect();
    cancelAnimationFrame(this.frame);
    this.stopSources();
    this.context?.close();
    mounted.delete(this.root.parentNode);
  }

  say(text) {
    this.find("status").textContent = text;
  }

  // ---- sound ------------------------------------------------------------------------------

  async decode() {
    if (!this.data.audio.length) {
      this.find("play").disabled = true;
      this.say(this.data.silence || "");
      return;
    }
    this.say("loading sound");
    this.context = new AudioContext();
    this.buffers = await Promise.all(
      this.data.audio.map(async (address) => {
        const answer = await fetch(address);
        if (!answer.ok) throw new Error("the sound could not be loaded; reload the page");
        return this.context.decodeAudioData(await answer.arrayBuffer());
      }),
    );
    this.gains = this.buffers.map(() => {
      const gain = this.context.createGain();
      gain.connect(this.context.destination);
      return gain;
    });
    this.length = Math.max(...this.buffers.map((buffer) => buffer.duration));
    this.setGains();
    this.say("");
    this.root.dataset.state = "ready";
  }

  async play() {
    if (this.playing || !this.buffers) return;
    await this.context.resume();
    if (this.offset >= this.length - 0.05) this.offset = 0;
    this.span = this.looping ? this.loopSpan() : null;
    if (this.span && !(this.offset >= this.span[0] && this.offset < this.span[1])) {
      this.offset = this.span[0];
    }
    this.startedAt = this.context.currentTime + 0.05;
    this.sources = this.buffers.map((buffer, index) => {
      const source = this.context.createBufferSource();
      source.buffer = buffer;
      source.connect(this.gains[index]);
      if (this.span) {
        source.loop = true;
        [source.loopStart, source.loopEnd] = this.span;
      }
      source.start(this.startedAt, this.offset);
      return source;
    });
    this.playing = true;
    this.root.dataset.state = "playing";
    this.labelPlay();
    this.tick();
  }

  pause() {
    if (!this.playing) return;
    this.offset = this.position();
    this.playing = false;
    this.stopSources();
    this.root.dataset.state = "ready";
    this.labelPlay();
    this.move();
  }

  stopSources() {
    for (const source of this.sources) {
      try {
        source.stop();
      } catch {
        // it had ended by itself
      }
      source.disconnect();
    }
    this.sources = [];
  }

  seek(seconds) {
    const again = this.playing;
    if (again) this.pause();
    this.offset = Math.min(Math.max(seconds, 0), this.data.seconds);
    this.move();
    if (again) this.play();
  }

  // Seconds of the piece that are heard now: the audio clock less what is still on its way out.
  position() {
    if (!this.playing) return this.offset;
    const late = this.context.outputLatency || 0;
    const since = this.context.currentTime - late - this.startedAt;
    const now = Math.max(since, 0) + this.offset;
    if (!this.span) return Math.min(now, this.length);
    const [begin, end] = this.span;
    return now < end ? now : begin + ((now - begin) % (end - begin));
  }

  // The selected bars in seconds; the whole piece where none are.
  loopSpan() {
    const { bars, seconds } = this.data;
    if (!this.selected) return [0, seconds];
    return [bars[this.selected[0]], bars[this.selected[1] + 1] ?? seconds];
  }

  setLooping(on) {
    this.looping = on;
    this.labelLoop();
    this.restart();
  }

  // From here on as it is asked now; silence is too short to be heard.
  restart() {
    if (!this.playing) return;
    this.pause();
    this.play();
  }

  select(first, last) {
    const bars = first === null ? null : [Math.min(first, last), Math.max(first, last)];
    if (String(bars) === String(this.selected)) return;
    this.selected = bars;
    this.labelLoop();
    this.draw();
    if (this.looping) this.restart();
  }

  // Tells the page, once the choice is made.
  tellSelected() {
    if (!this.data.tells || String(this.selected) === this.told) return;
    this.told = String(this.selected);
    const [first, last] = this.selected || [null, null];
    this.component.setStateValue("bars", first === null ? null : [first + 1, last + 1]);
  }

  setGains() {
    if (!this.gains) return;
    const alone = this.parts.some((part) => part.solo);
    this.parts.forEach((part, index) => {
      part.silent = alone ? !part.solo : part.muted;
      if (this.gains[index]) this.gains[index].gain.value = part.silent ? 0 : 1;
    });
  }

  tick() {
    if (!this.playing) return;
    const now = this.position();
    if (now >= this.length - 0.01) {
      this.pause();
      this.offset = 0;
      this.move();
      return;
    }
    this.follow(now);
    this.move(now);
    this.frame = requestAnimationFrame(() => this.tick());
  }

  // ---- places -----------------------------------------------------------------------------

  layOut() {
    const pitched = this.parts.filter((part) => !part.drums).flatMap((part) => part.notes);
    const pitches = pitched.map((note) => note[2]);
    this.low = Math.min(...pitches, 60) - 1;
    this.high = Math.max(...pitches, 72) + 1;
    const struck = this.parts.filter((part) => part.drums).flatMap((part) => part.notes);
    this.drums = [...new Set(struck.map((note) => note[2]))].sort((a, b) => b - a);
    this.pitchHeight = (this.high - this.low + 1) * ROW;
    this.height = HEAD + this.pitchHeight + (this.drums.length ? 6 : 0)
      + this.drums.length * DRUM_ROW;
    this.find("view").style.height = this.height + "px";
  }

  // Pixels a second that show the whole piece; what is usual is that, if notes stay legible.
  get fit() {
    return (this.width - GUTTER - 8) / this.data.seconds;
  }

  get pixelsPerSecond() {
    return (this.fit >= 32 ? this.fit : 48) * this.zoom;
  }

  x(seconds) {
    return GUTTER + seconds * this.pixelsPerSecond - this.scroller.scrollLeft;
  }

  seconds(x) {
    return (x - GUTTER + this.scroller.scrollLeft) / this.pixelsPerSecond;
  }

  y(part, pitch) {
    if (!part.drums) return HEAD + (this.high - pitch) * ROW;
    return HEAD + this.pitchHeight + 6 + this.drums.indexOf(pitch) * DRUM_ROW;
  }

  resize() {
    this.width = this.find("view").clientWidth;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    this.canvas.style.height = this.height + "px";
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.find("length").style.width = GUTTER + this.data.seconds * this.pixelsPerSecond + 8 + "px";
    this.draw();
    this.move();
  }

  setZoom(zoom) {
    const middle = this.seconds(this.width / 2);
    const least = this.fit >= 32 ? 1 : this.fit / 48;
    this.zoom = Math.min(Math.max(zoom, least), 16);
    this.resize();
    this.scroller.scrollLeft = GUTTER + middle * this.pixelsPerSecond - this.width / 2;
    this.draw();
    this.move();
  }

  follow(now) {
    const x = this.x(now);
    if (x > this.width - 24 || x < GUTTER) {
      this.scroller.scrollLeft += x - GUTTER - 24;
      this.draw();
    }
  }

  move(now = this.position()) {
    const x = this.x(now);
    this.head.style.transform = `translateX(${x}px)`;
    this.head.style.visibility = x < GUTTER - 1 || x > this.width ? "hidden" : "visible";
    // Others on the page follow; in seconds of the piece at its own tempo.
    const detail = { piece: this.data.piece, seconds: now * this.data.speed };
    window.dispatchEvent(new CustomEvent("lstmmusic:at", { detail }));
    const shown = Math.floor(now * 4);
    if (shown === this.shown) return; // text four times a second is enough
    this.shown = shown;
    const bar = this.data.bars.filter((start) => start <= now + 0.001).length;
    const chord = this.data.chords.findLast((row) => row[0] <= now + 0.001);
    this.find("time").textContent = `${clock(now)} / ${clock(this.data.seconds)}`;
    this.find("where").textContent = `bar ${bar}` + (chord ? `, ${chord[1]}` : "");
    const slider = this.find("slider");
    slider.value = now;
    slider.setAttribute("aria-valuetext", `${clock(now)}, bar ${bar}`);
    if (chord !== this.lit) {
      this.lit = chord;
      this.draw();
    }
  }

  // ---- picture ----------------------------------------------------------------------------

  draw() {
    const style = getComputedStyle(this.root);
    const text = style.getPropertyValue("--roll-text").trim() || "#222";
    const paper = style.getPropertyValue("--roll-paper").trim() || "#fff";
    const accent = style.getPropertyValue("--roll-accent").trim() || "#d9480f";
    this.root.style.setProperty("--roll-on-accent", legibleOn(this.pen, accent));
    this.setColours(legibleOn(this.pen, paper) === "#fff");
    const pen = this.pen;
    const from = this.seconds(GUTTER);
    const to = this.seconds(this.width);
    pen.clearRect(0, 0, this.width, this.height);
    pen.textBaseline = "middle";
    for (let pitch = this.low; pitch <= this.high; pitch += 1) {
      pen.globalAlpha = BLACK.has(pitch % 12) !== this.dark ? 0.09 : 0.03;
      pen.fillStyle = text;
      pen.fillRect(GUTTER, HEAD + (this.high - pitch) * ROW, this.width - GUTTER, ROW - 1);
    }
    this.drawBars(pen, text, from, to);
    this.drawChords(pen, text, accent, from, to);
    this.drawSelected(pen, accent);
    for (const part of this.parts) {
      if (!part.shown) continue;
      pen.fillStyle = part.colour;
      const height = part.drums ? DRUM_ROW - 4 : ROW - 1;
      for (let n = firstFrom(part.notes, from - part.longest); n < part.notes.length; n += 1) {
        const [start, length, pitch, velocity] = part.notes[n];
        if (start > to) break; // notes are in the order of their onsets
        if (start + length < from) continue;
        pen.globalAlpha = (part.silent ? 0.25 : 1) * (0.45 + (0.55 * velocity) / 127);
        const x = Math.max(this.x(start), GUTTER);
        const width = Math.max(this.x(start + length) - x - 1, 2);
        pen.fillRect(x, this.y(part, pitch), width, height);
      }
    }
    this.drawGutter(pen, text, paper);
  }

  drawBars(pen, text, from, to) {
    pen.font = "11px sans-serif";
    let last = -100;
    this.data.bars.forEach((start, index) => {
      const x = this.x(start);
      if (start < from - 0.01 || start > to) return;
      pen.fillStyle = text;
      pen.globalAlpha = index % 4 ? 0.18 : 0.5;
      pen.fillRect(x, 16, 1, this.height - 16);
      if (x - last < 26) return;
      last = x;
      pen.globalAlpha = 0.75;
      pen.fillText(String(index + 1), x + 3, 9);
    });
  }

  drawChords(pen, text, accent, from, to) {
    const rows = this.data.chords;
    rows.forEach((row, index) => {
      const [start, name] = row;
      const end = index + 1 < rows.length ? rows[index + 1][0] : this.data.seconds;
      if (end < from || start > to) return;
      const x = Math.max(this.x(start), GUTTER);
      const width = this.x(end) - x - 2;
      const lit = row === this.lit;
      pen.globalAlpha = lit ? 1 : 0.08;
      pen.fillStyle = lit ? accent : text;
      pen.fillRect(x + 1, 19, width, 20);
      pen.globalAlpha = 1;
      pen.fillStyle = lit ? legibleOn(pen, accent) : text;
      pen.font = "bold 12px sans-serif";
      const same = index > 0 && rows[index - 1][1] === name && start !== this.data.bars[0];
      if (pen.measureText(name).width <= width - 4 && (!same || width > 60 || lit)) {
        pen.fillText(name, x + 5, 29);
      }
    });
  }

  drawSelected(pen, accent) {
    if (!this.selected) return;
    const [begin, end] = this.loopSpan();
    const x = Math.max(this.x(begin), GUTTER);
    const width = this.x(end) - x;
    if (width <= 0) return;
    pen.fillStyle = accent;
    pen.globalAlpha = 0.35;
    pen.fillRect(x, 0, width, 17);
    pen.globalAlpha = 0.1;
    pen.fillRect(x, 17, width, this.height - 17);
    pen.globalAlpha = 1;
  }

  // On dark paper the colours are light; and black keys, drawn in the colour of text, are the others.
  setColours(dark) {
    if (dark === this.dark) return;
    this.dark = dark;
    this.parts.forEach((part, index) => {
      part.colour = (dark ? ON_DARK : COLOURS)[index % COLOURS.length];
      part.swatch.style.background = part.colour;
    });
  }

  drawGutter(pen, text, paper) {
    pen.globalAlpha = 1;
    pen.fillStyle = paper;
    pen.fillRect(0, 0, GUTTER, this.height);
    pen.fillStyle = text;
    pen.font = "10px sans-serif";
    pen.globalAlpha = 0.8;
    pen.fillText("bar", 6, 9);
    pen.fillText("chord", 6, 29);
    for (let pitch = this.low; pitch <= this.high; pitch += 1) {
      const y = HEAD + (this.high - pitch) * ROW;
      pen.globalAlpha = BLACK.has(pitch % 12) !== this.dark ? 0.75 : 0.12;
      pen.fillRect(GUTTER - 16, y, 14, ROW - 1);
      pen.globalAlpha = 0.85;
      if (pitch % 12 === 0 || pitch % 12 === 7) pen.fillText(noteName(pitch), 6, y + ROW / 2);
    }
    this.drums.forEach((pitch, index) => {
      const y = HEAD + this.pitchHeight + 6 + index * DRUM_ROW + DRUM_ROW / 2 - 2;
      pen.fillText(DRUM_NAMES[pitch] || String(pitch), 6, y);
    });
    pen.globalAlpha = 1;
  }

  noteAt(x, y) {
    const at = this.seconds(x);
    for (const part of this.parts) {
      if (!part.shown) continue;
      const height = part.drums ? DRUM_ROW : ROW;
      for (const note of part.notes) {
        const top = this.y(part, note[2]);
        const near = at >= note[0] - 0.02 && at <= note[0] + Math.max(note[1], 0.06);
        if (near && y >= top && y <= top + height) return { part, note };
      }
    }
    return null;
  }

  // ---- controls ---------------------------------------------------------------------------

  buildParts() {
    const list = this.find("parts");
    list.replaceChildren();
    this.parts.forEach((part) => {
      const row = document.createElement("div");
      row.className = "part";
      const swatch = document.createElement("span");
      swatch.className = "swatch";
      part.swatch = swatch;
      const name = document.createElement("span");
      name.className = "name";
      name.textContent = part.name;
      row.append(
        swatch,
        name,
        this.toggle("Show", part.name, part.shown, (on) => {
          part.shown = on;
          this.draw();
        }),
        this.toggle("Mute", part.name, part.muted, (on) => {
          part.muted = on;
          this.setGains();
          this.draw();
        }),
        this.toggle("Solo", part.name, part.solo, (on) => {
          part.solo = on;
          this.setGains();
          this.draw();
        }),
      );
      list.append(row);
    });
  }

  toggle(label, name, on, change) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.setAttribute("aria-label", `${label} ${name}`);
    button.setAttribute("aria-pressed", String(on));
    button.addEventListener(
      "click",
      () => {
        const next = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(next));
        change(next);
      },
      { signal: this.abort.signal },
    );
    return button;
  }

  labelPlay() {
    const button = this.find("play");
    button.textContent = this.playing ? "Pause" : "Play";
    button.setAttribute("aria-pressed", String(this.playing));
  }

  labelLoop() {
    const button = this.find("loop");
    const [first, last] = this.selected || [];
    const bars = first === last ? `bar ${first + 1}` : `bars ${first + 1}-${last + 1}`;
    button.textContent = this.selected ? `Loop ${bars}` : "Loop";
    button.setAttribute("aria-pressed", String(this.looping));
  }

  buildSpeeds() {
    const list = this.find("speeds");
    list.replaceChildren(...this.data.speeds.map((speed) => {
      const option = document.createElement("option");
      option.value = speed;
      option.textContent = `${Math.round(speed * 100)} %`;
      return option;
    }));
    list.value = this.data.speed;
    // Where a piece is too long to be heard slowly there is a way back.
    list.parentElement.hidden = !this.data.audio.length && this.data.speed === 1;
  }

  listen() {
    const options = { signal: this.abort.signal };
    const on = (name, kind, act) => this.find(name).addEventListener(kind, act, options);
    on("play", "click", () => (this.playing ? this.pause() : this.play()));
    on("start", "click", () => this.seek(0));
    on("loop", "click", () => this.setLooping(!this.looping));
    on("speeds", "change", () => {
      this.say("playing it at another speed");
      this.component.setStateValue("speed", Number(this.find("speeds").value));
    });
    this.buildSpeeds();
    window.addEventListener("lstmmusic:seek", ({ detail }) => {
      if (detail.piece === this.data.piece) this.seek(detail.seconds / this.data.speed);
    }, options);
    on("in", "click", () => this.setZoom(this.zoom * 1.5));
    on("out", "click", () => this.setZoom(this.zoom / 1.5));
    const slider = this.find("slider");
    slider.max = this.data.seconds;
    on("slider", "input", () => this.seek(Number(slider.value)));
    this.scroller.addEventListener(
      "scroll",
      () => {
        this.draw();
        this.move();
      },
      options,
    );
    const place = (event) => {
      const box = this.scroller.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    const barAt = (x) => {
      const now = this.seconds(x);
      return Math.max(this.data.bars.findLastIndex((start) => start <= now), 0);
    };
    // Over the bar numbers bars are selected; below, a click goes there.
    this.scroller.addEventListener("pointerdown", (event) => {
      const [x, y] = place(event);
      if (x < GUTTER || y > BAR_NUMBERS || !this.data.bars.length) return;
      this.from = barAt(x);
      this.select(this.from, this.from);
      this.scroller.setPointerCapture(event.pointerId);
    }, options);
    this.scroller.addEventListener("pointerup", () => {
      if (this.from === undefined) return;
      this.from = undefined;
      this.tellSelected();
    }, options);
    this.scroller.addEventListener("click", (event) => {
      const [x, y] = place(event);
      if (x > GUTTER && y > BAR_NUMBERS) this.seek(this.seconds(x));
    }, options);
    this.scroller.addEventListener(
      "pointermove",
      (event) => {
        const [x, y] = place(event);
        if (this.from !== undefined) this.select(this.from, barAt(x));
        const found = this.noteAt(x, y);
        this.find("hover").textContent = found
          ? `${found.part.drums ? DRUM_NAMES[found.note[2]] || found.note[2] : noteName(found.note[2])}`
            + `, ${found.note[0].toFixed(2)} s, velocity ${found.note[3]}`
          : "";
      },
      options,
    );
    this.root.addEventListener("keydown", (event) => this.key(event), options);
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.find("view"));
    matchMedia("(prefers-color-scheme: dark)").addEventListener(
      "change", () => requestAnimationFrame(() => this.draw()), options,
    );
  }

  key(event) {
    if (event.target.matches("select") || (event.target.matches("input") && event.key !== " ")) return;
    if (event.target.matches("button") && (event.key === " " || event.key === "Enter")) return;
    const bars = this.data.bars;
    const now = this.position();
    if (event.shiftKey && (event.key === "ArrowRight" || event.key === "ArrowLeft")) {
      event.preventDefault();
      const here = Math.max(bars.findLastIndex((start) => start <= now + 0.01), 0);
      const [first, last] = this.selected || [here, here];
      const step = event.key === "ArrowRight" ? 1 : -1;
      const end = Math.min(Math.max(last + (this.selected ? step : 0), first), bars.length - 1);
      this.select(first, end);
      this.tellSelected();
      return;
    }
    const acts = {
      l: () => this.setLooping(!this.looping),
      Escape: () => {
        this.select(null, null);
        this.tellSelected();
      },
      " ": () => (this.playing ? this.pause() : this.play()),
      Home: () => this.seek(0),
      ArrowRight: () => this.seek(bars.find((start) => start > now + 0.01) ?? this.data.seconds),
      ArrowLeft: () => this.seek(bars.findLast((start) => start < now - 0.3) ?? 0),
      "+": () => this.setZoom(this.zoom * 1.5),
      "-": () => this.setZoom(this.zoom / 1.5),
    };
    if (!(event.key in acts) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    acts[event.key]();
  }
}
