// What is shown: frames by slider, depth under the cursor, plots over the drive.
'use strict';

const DATA = JSON.parse(document.getElementById('data').textContent);
const NEAR = 65534, BEYOND = 65535;
const $ = (id) => document.getElementById(id);
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const palette = bytes(DATA.palette);
const ready = {};
let current = -1, asked = 0, cloud = null, dots = [];

// A map travels as differences along its rows (uint16, little endian), deflated.
async function unpack(text, width, height) {
  const stream = new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream('deflate'));
  const values = new Uint16Array(await new Response(stream).arrayBuffer());
  for (let row = 0; row < height; row++)
    for (let i = row * width + 1; i < (row + 1) * width; i++) values[i] += values[i - 1];
  return values;
}

async function load(index) {
  if (ready[index]) return ready[index];
  const raw = DATA.frames[index], image = new Image();
  image.src = raw.image;
  const [depth, std] = await Promise.all([unpack(raw.depth, raw.width, raw.height), unpack(raw.std, raw.width, raw.height), image.decode()]);
  return ready[index] = { ...raw, depth, std, image, unit: DATA.unit, range: DATA.range };
}

function paintDepth(frame) {
  const canvas = $('depth'), pixels = new ImageData(frame.width, frame.height), [low, high] = frame.range;
  Object.assign(canvas, { width: frame.width, height: frame.height });
  frame.depth.forEach((raw, i) => {
    if (raw === 0) { pixels.data[4 * i + 3] = 255; return; }
    const metres = raw === BEYOND ? high : raw === NEAR ? low : raw * frame.unit;
    const far = Math.log(metres / low) / Math.log(high / low);
    const entry = 4 * Math.round(255 * Math.min(1, Math.max(0, far)));
    pixels.data.set(palette.subarray(entry, entry + 4), 4 * i);
  });
  canvas.getContext('2d').putImageData(pixels, 0, 0);
}

async function show(index) {
  const mine = ++asked, frame = await load(index);
  if (mine !== asked) return; // another was asked for meanwhile
  current = index;
  $('frame').value = index;
  $('frame-name').value = `${frame.id} (${index + 1} of ${DATA.frames.length})` + (frame.abs_rel === null ? '' : `, abs_rel ${frame.abs_rel.toFixed(3)}`);
  const canvas = $('image');
  Object.assign(canvas, { width: frame.width, height: frame.height });
  canvas.getContext('2d').drawImage(frame.image, 0, 0);
  paintDepth(frame);
  if (cloud) cloud.show(frame, frame.image);
  mark();
  document.body.dataset.frame = index;
}

// A std in words; 0 stands for none.
function spread(meters, raw) {
  if (raw === 0) return 'unknown';
  return `${raw === BEYOND ? 'more than ' : ''}${meters.toFixed(2)} m`;
}

// Depth and std of a pixel of the page's maps, in words; also marks it in the cloud.
function point(u, v) {
  const frame = ready[current], i = v * frame.width + u, raw = frame.depth[i];
  const place = `pixel (${u * frame.stride}, ${v * frame.stride})`;
  let text = `${place}: no depth`;
  if (raw === BEYOND) text = `${place}: beyond range`;
  else if (raw === NEAR) text = `${place}: too near`;
  else if (raw > 0) text = `${place}: ${(raw * frame.unit).toFixed(2)} m ± ${spread(frame.std[i] * frame.unit, frame.std[i])}`;
  $('readout').textContent = text;
  if (cloud) { cloud.only = i; cloud.draw(); }
}

function watch(canvas) {
  const over = (event) => {
    const frame = ready[current];
    if (!frame) return;
    const box = canvas.getBoundingClientRect();
    const u = Math.floor((event.clientX - box.left) / box.width * frame.width);
    const v = Math.floor((event.clientY - box.top) / box.height * frame.height);
    if (u >= 0 && v >= 0 && u < frame.width && v < frame.height) point(u, v);
  };
  for (const kind of ['pointermove', 'pointerdown']) canvas.addEventListener(kind, over);
}

function plots() {
  dots = [];
  const series = { latency: 'latency_ms', error: 'abs_rel' };
  for (const [id, key] of Object.entries(series)) {
    const points = DATA.timeline.filter((moment) => moment[key] !== null)
      .map((moment) => ({ x: moment.seconds, y: moment[key], name: moment.id, shown: moment.shown }));
    if (points.length) dots.push(...plot($(id), points, show));
    else $(id).closest('figure').hidden = true;
  }
  mark();
}

function mark() {
  for (const { shown, dot } of dots) dot.classList.toggle('current', shown === current);
}

function controls() {
  $('frame').max = DATA.frames.length - 1;
  $('frame').addEventListener('input', (event) => show(Number(event.target.value)));
  $('paint').addEventListener('change', (event) => { cloud.paint = Number(event.target.value); cloud.draw(); });
  $('gate').addEventListener('input', (event) => {
    const percent = Number(event.target.value);
    cloud.gate = percent === 100 ? Infinity : percent / 100;
    $('gate-value').value = percent === 100 ? 'off' : `${percent} %`;
    cloud.draw();
  });
  $('reset').addEventListener('click', () => cloud.reset());
  for (const id of ['image', 'depth']) watch($(id));
}

async function start() {
  document.title = $('title').textContent = DATA.title;
  $('summary').textContent = DATA.summary;
  try { cloud = new Cloud($('cloud'), palette); } catch (error) { $('hint').textContent = `No cloud: ${error.message}.`; }
  controls();
  plots();
  window.addEventListener('resize', plots);
  await show(0);
  document.body.dataset.ready = 'true';
}

start().catch((error) => { $('summary').textContent = `This page cannot be shown: ${error.message}`; });
