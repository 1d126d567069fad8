// The drawing area: mouse, pen, finger and keyboard.

import { $ } from "./dom.js";
import { Drawing } from "./strokes.js";

const STEP = 0.04; // distance of one arrow key, as a share of the shorter side
const WIDEST = 2.5; // maximum width over height, because a longer area is too flat to draw in

export class Pad {
  drawing = new Drawing();
  shape = 1; // height over width
  #canvas = $("canvas");
  #changed;
  #pointer = null;
  #pen = null; // the keyboard's pen: {x, y, down}

  constructor(changed) {
    this.#changed = changed;
    const canvas = this.#canvas;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, (event) => this.#up(event));
    }
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("blur", () => this.#putAway());
    window.addEventListener("themechange", () => this.paint());
    new ResizeObserver(() => this.paint()).observe(canvas);
  }

  reshape([, height, width]) {
    this.shape = Math.max(height / width, 1 / WIDEST);
    $("pad").style.aspectRatio = `${1 / this.shape}`;
    $("pad").classList.toggle("tall", height > width);
    this.clear();
  }

  clear() {
    this.drawing.clear();
    this.#pen = null;
    this.#update();
  }

  undo() {
    this.drawing.undo();
    this.#update();
  }

  show(picture) {
    this.drawing.show(picture);
    this.#update();
  }

  paint() {
    const canvas = this.#canvas;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.round(side * ratio));
    if (!width) return;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d");
    const style = getComputedStyle(canvas);
    context.clearRect(0, 0, width, height);
    this.drawing.paint(context, width, height, style.color);
    if (this.#pen) this.#paintPen(context, width, style.getPropertyValue("--accent"));
    $("hint").hidden = !this.drawing.isEmpty || this.#pen !== null;
  }

  #update() {
    this.paint();
    this.#changed();
  }

  #point(event) {
    const box = this.#canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.width };
  }

  #down(event) {
    if (event.button !== 0 || this.#pointer !== null) return; // a second finger is ignored
    event.preventDefault();
    this.#canvas.focus({ preventScroll: true, focusVisible: false });
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointer = event.pointerId;
    this.#pen = null;
    this.drawing.begin(this.#point(event));
    this.#update();
  }

  #move(event) {
    if (event.pointerId !== this.#pointer) return;
    // Browsers merge the pointer's events into one per frame; the merged ones have the curve.
    const events = event.getCoalescedEvents?.() ?? [];
    this.drawing.extend((events.length ? events : [event]).map((each) => this.#point(each)));
    this.#update();
  }

  #up(event) {
    if (event.pointerId === this.#pointer) this.#pointer = null;
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key in steps) this.#step(...steps[event.key]);
    else if (event.key === " " || event.key === "Enter") this.#toggle();
    else if (event.key === "Delete" || event.key === "Backspace") this.clear();
    else return;
    event.preventDefault();
  }

  #step(right, down) {
    const pen = (this.#pen ??= { x: 0.5, y: this.shape / 2, down: false });
    const [step, edge] = [STEP, 0.05].map((share) => share * Math.min(1, this.shape));
    pen.x = Math.min(Math.max(pen.x + right * step, edge), 1 - edge);
    pen.y = Math.min(Math.max(pen.y + down * step, edge), this.shape - edge);
    if (pen.down) this.drawing.extend([{ x: pen.x, y: pen.y }]);
    if (pen.down) this.#update();
    else this.paint();
  }

  #toggle() {
    const pen = (this.#pen ??= { x: 0.5, y: this.shape / 2, down: false });
    pen.down = !pen.down;
    if (pen.down) this.drawing.begin({ x: pen.x, y: pen.y });
    this.#update();
  }

  #putAway() {
    this.#pen = null;
    this.paint();
  }

  #paintPen(context, width, color) {
    context.strokeStyle = color;
    context.lineWidth = Math.max(2, width / 160);
    context.beginPath();
    context.arc(this.#pen.x * width, this.#pen.y * width, width * 0.045 * Math.min(1, this.shape), 0, 7);
    context.stroke();
  }
}
