// A drawing: strokes, with points as shares of the width, or an image from a file.

const SENT = 280; // shorter side of the image that is sent, in pixels: ten times a model's input
const PEN = 0.078; // width of a stroke, as a share of a square canvas's width
const WIDE_DIGIT = 0.6; // height of a digit in a wide canvas, as a share of the canvas's height
const LOSSLESS = 128 * 128; // maximum number of pixels of an image that is sent without loss
const READ = { willReadFrequently: true }; // a canvas whose pixels are read back is not drawn on the GPU
const LONGEST = 1000; // maximum side of a photo that is sent, in pixels

export class Drawing {
  strokes = [];
  picture = null;

  get isEmpty() {
    return !this.strokes.length && !this.picture;
  }

  begin(point) {
    this.picture = null;
    this.strokes.push([point]);
  }

  extend(points) {
    this.strokes.at(-1)?.push(...points);
  }

  undo() {
    if (this.picture) this.picture = null;
    else this.strokes.pop();
  }

  clear() {
    this.strokes = [];
    this.picture = null;
  }

  show(picture) {
    this.clear();
    this.picture = picture;
  }

  // Draw onto a canvas of any size.
  paint(context, width, height, ink) {
    if (this.picture) return paintWhole(context, this.picture, width, height);
    context.strokeStyle = context.fillStyle = ink;
    context.lineWidth = PEN * (width > height ? WIDE_DIGIT * height : width);
    context.lineCap = context.lineJoin = "round";
    for (const stroke of this.strokes) paintStroke(context, stroke, width);
  }

  // Return the image to predict, {canvas, type}: white on black, as in MNIST. `shape` is height over
  // width, and `type` that of a file.
  rendered(shape) {
    if (this.picture) return renderedPicture(this.picture);
    const width = Math.round(SENT / Math.min(1, shape));
    const canvas = new OffscreenCanvas(width, Math.round(width * shape));
    const context = canvas.getContext("2d", READ);
    context.fillStyle = "#000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    this.paint(context, canvas.width, canvas.height, "#fff");
    return { canvas, type: "image/png" };
  }
}

function paintStroke(context, points, scale) {
  context.beginPath();
  const [first, ...others] = points;
  if (!others.length) {
    context.arc(first.x * scale, first.y * scale, context.lineWidth / 2, 0, 7);
    context.fill();
    return;
  }
  context.moveTo(first.x * scale, first.y * scale);
  // Through the middles between points, because a fast stroke has few points and sharp corners.
  others.forEach((point, i) => {
    const next = others[i + 1] ?? point;
    const [x, y] = [(point.x + next.x) / 2, (point.y + next.y) / 2];
    context.quadraticCurveTo(point.x * scale, point.y * scale, x * scale, y * scale);
  });
  context.stroke();
}

function paintWhole(context, picture, width, height) {
  const scale = Math.min(width / picture.width, height / picture.height);
  const [w, h] = [picture.width * scale, picture.height * scale];
  context.imageSmoothingEnabled = scale < 1;
  context.drawImage(picture, (width - w) / 2, (height - h) / 2, w, h);
}

function renderedPicture(picture) {
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  const [width, height] = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", READ);
  context.drawImage(picture, 0, 0, width, height);
  // A small image as PNG, without loss, because it may be an image of the data set itself; and a
  // transparent one, whose ground JPEG would make black.
  const lossless = width * height <= LOSSLESS || isTransparent(context, width, height);
  return { canvas, type: lossless ? "image/png" : "image/jpeg" };
}

function isTransparent(context, width, height) {
  const { data } = context.getImageData(0, 0, width, height);
  for (let i = 3; i < data.length; i += 4) if (data[i] < 255) return true;
  return false;
}
