// The point cloud: one vertex per pixel, placed in the shader from depth and intrinsics (WebGL 2).
'use strict';

const VERTEX = `#version 300 es
precision highp float;
precision highp usampler2D;
uniform usampler2D depths, stds;
uniform sampler2D colors, palette;
uniform mat4 view;
uniform vec4 intrinsics;      // fx, fy, cx, cy [px]
uniform ivec2 size;
uniform vec2 range;           // depth of the palette's ends [m]
uniform float unit, gate, pointSize;
uniform int paint, only;      // only: draw this pixel alone, -1 = all
out vec3 color;

void main() {
  int index = only >= 0 ? only : gl_VertexID;
  ivec2 pixel = ivec2(index % size.x, index / size.x);
  uint raw = texelFetch(depths, pixel, 0).r;
  float z = float(raw) * unit;
  float relative = float(texelFetch(stds, pixel, 0).r) * unit / max(z, 1e-3);
  gl_PointSize = only >= 0 ? 12.0 : pointSize;
  if (raw == 0u || raw >= 65534u || relative > gate) {
    gl_Position = vec4(2.0, 2.0, 2.0, 1.0);  // outside of the picture
    return;
  }
  vec2 xy = (vec2(pixel) - intrinsics.zw) / intrinsics.xy * z;
  gl_Position = view * vec4(xy, z, 1.0);
  float far = log(z / range.x) / log(range.y / range.x);
  vec3 byDepth = texture(palette, vec2(clamp(far, 0.0, 1.0), 0.5)).rgb;
  vec3 byStd = mix(vec3(1.0), vec3(0.75, 0.0, 0.35), clamp(relative / 0.3, 0.0, 1.0));
  vec3 byImage = texelFetch(colors, pixel, 0).rgb;
  color = only >= 0 ? vec3(1.0, 0.1, 0.1) : paint == 0 ? byImage : paint == 1 ? byDepth : byStd;
}`;

const FRAGMENT = `#version 300 es
precision mediump float;
in vec3 color;
out vec4 pixel;
void main() { pixel = vec4(color, 1.0); }`;

class Cloud {
  constructor(canvas, palette) {
    this.canvas = canvas;
    this.gl = canvas.getContext('webgl2', { antialias: true, preserveDrawingBuffer: true });
    if (!this.gl) throw new Error('this browser has no WebGL 2');
    this.program = this.link();
    this.textures = {};
    this.paint = 0;
    this.gate = Infinity;
    this.only = -1;
    this.upload('palette', palette, palette.length / 4, 1, 'color');
    this.reset();
    this.listen();
  }

  reset() {
    this.turn = 0.25; this.tilt = 0.25; this.distance = 14; this.target = [0, 0, 12];
    this.draw();
  }

  link() {
    const gl = this.gl, program = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
    return program;
  }

  upload(name, source, width, height, kind) {
    const gl = this.gl;
    const texture = this.textures[name] ||= gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    if (kind === 'map') gl.texImage2D(gl.TEXTURE_2D, 0, gl.R16UI, width, height, 0, gl.RED_INTEGER, gl.UNSIGNED_SHORT, source);
    else if (kind === 'color') gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, source);
    else gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, source);
    for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
    for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, filter, gl.NEAREST);
  }

  show(frame, image) {
    this.frame = frame;
    this.upload('depths', frame.depth, frame.width, frame.height, 'map');
    this.upload('stds', frame.std, frame.width, frame.height, 'map');
    this.upload('colors', image, frame.width, frame.height, 'image');
    this.only = -1;
    this.draw();
  }

  // Optical frame (x right, y down, z forward) to clip space: an eye that circles the target.
  matrix(aspect) {
    const [ct, st, cp, sp] = [Math.cos(this.turn), Math.sin(this.turn), Math.cos(this.tilt), Math.sin(this.tilt)];
    const right = [ct, 0, st], ahead = [-st * cp, sp, ct * cp];
    const down = [ahead[1] * right[2] - ahead[2] * right[1], ahead[2] * right[0] - ahead[0] * right[2], ahead[0] * right[1] - ahead[1] * right[0]];
    const eye = this.target.map((value, i) => value - this.distance * ahead[i]);
    const dot = (axis) => axis[0] * eye[0] + axis[1] * eye[1] + axis[2] * eye[2];
    const focal = 1.5, near = 0.1, far = 400, a = (far + near) / (far - near), b = -2 * far * near / (far - near);
    const rows = [
      [...right.map((v) => v * focal / aspect), -dot(right) * focal / aspect],
      [...down.map((v) => -v * focal), dot(down) * focal],
      [...ahead.map((v) => v * a), -dot(ahead) * a + b],
      [...ahead, -dot(ahead)],
    ];
    return new Float32Array([0, 1, 2, 3].flatMap((column) => rows.map((row) => row[column])));
  }

  draw() {
    if (!this.frame) return;
    const gl = this.gl, { canvas, frame, program } = this;
    const scale = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(canvas.clientWidth * scale), Math.round(canvas.clientHeight * scale)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    gl.viewport(0, 0, width, height);
    gl.clearColor(0.094, 0.102, 0.118, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    gl.useProgram(program);
    const at = (name) => gl.getUniformLocation(program, name);
    ['depths', 'stds', 'colors', 'palette'].forEach((name, unit) => {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, this.textures[name]);
      gl.uniform1i(at(name), unit);
    });
    gl.activeTexture(gl.TEXTURE0);
    gl.uniformMatrix4fv(at('view'), false, this.matrix(width / height));
    gl.uniform4fv(at('intrinsics'), frame.K);
    gl.uniform2i(at('size'), frame.width, frame.height);
    gl.uniform2fv(at('range'), frame.range);
    gl.uniform1f(at('unit'), frame.unit);
    gl.uniform1f(at('gate'), this.gate === Infinity ? 1e9 : this.gate);
    gl.uniform1f(at('pointSize'), Math.max(1, 1.6 * scale));
    gl.uniform1i(at('paint'), this.paint);
    gl.uniform1i(at('only'), -1);
    gl.drawArrays(gl.POINTS, 0, frame.width * frame.height);
    if (this.only >= 0) {
      gl.disable(gl.DEPTH_TEST);
      gl.uniform1i(at('only'), this.only);
      gl.drawArrays(gl.POINTS, 0, 1);
    }
  }

  // Share of the canvas that is not background.
  drawn() {
    const gl = this.gl, { width, height } = this.canvas, pixels = new Uint8Array(4 * width * height);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
    let count = 0;
    for (let i = 0; i < pixels.length; i += 4) count += pixels[i] !== 24 || pixels[i + 1] !== 26 || pixels[i + 2] !== 30;
    return count / (width * height);
  }

  listen() {
    const fingers = new Map(), canvas = this.canvas;
    const spread = () => { const [a, b] = [...fingers.values()]; return Math.hypot(a.x - b.x, a.y - b.y); };
    canvas.addEventListener('pointerdown', (event) => {
      fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      try { canvas.setPointerCapture(event.pointerId); } catch { /* an event made by a script has no pointer */ }
    });
    canvas.addEventListener('pointermove', (event) => {
      const last = fingers.get(event.pointerId);
      if (!last) return;
      const before = fingers.size === 2 ? spread() : 0;
      const [dx, dy] = [event.clientX - last.x, event.clientY - last.y];
      fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      if (fingers.size === 2) { this.zoom(before / Math.max(spread(), 1)); this.move(dx / 2, dy / 2); }
      else if (event.shiftKey || event.buttons === 2) this.move(dx, dy);
      else this.rotate(dx, dy);
    });
    for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, (event) => fingers.delete(event.pointerId));
    canvas.addEventListener('wheel', (event) => { event.preventDefault(); this.zoom(Math.exp(event.deltaY / 500)); }, { passive: false });
    canvas.addEventListener('contextmenu', (event) => event.preventDefault());
    canvas.addEventListener('keydown', (event) => {
      const keys = { ArrowLeft: [-20, 0], ArrowRight: [20, 0], ArrowUp: [0, -20], ArrowDown: [0, 20] };
      if (event.key === '+') this.zoom(0.9); else if (event.key === '-') this.zoom(1.1);
      else if (keys[event.key]) this.rotate(...keys[event.key]);
      else return;
      event.preventDefault();
    });
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  rotate(dx, dy) {
    this.turn -= dx / 200;
    this.tilt = Math.min(1.57, Math.max(-0.3, this.tilt + dy / 200));
    this.draw();
  }

  zoom(factor) {
    this.distance = Math.min(150, Math.max(0.5, this.distance * factor));
    this.draw();
  }

  move(dx, dy) {
    const step = this.distance / 600;
    this.target[0] -= step * (dx * Math.cos(this.turn) - dy * Math.sin(this.turn));
    this.target[2] += step * (dy * Math.cos(this.turn) - dx * Math.sin(this.turn));
    this.draw();
  }
}
