// A line over the time of the drive; dots of frames that can be shown choose them.
'use strict';

function plot(svg, points, choose) {
  const [width, height, left, bottom] = [svg.clientWidth || 600, 170, 44, 22];
  const top = 1.15 * Math.max(...points.map((point) => point.y)), last = Math.max(points.at(-1).x, 1e-9);
  const x = (value) => left + (width - left - 10) * value / last;
  const y = (value) => (height - bottom) * (1 - value / top);
  const make = (name, attributes, text) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    svg.append(element);
    return element;
  };
  svg.replaceChildren();
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  const step = niceStep(top / 4), digits = Math.max(0, -Math.floor(Math.log10(step)));
  for (let value = 0; value <= top; value += step) {
    make('line', { class: 'grid', x1: left, x2: width - 10, y1: y(value), y2: y(value) });
    make('text', { x: left - 6, y: y(value) + 4, 'text-anchor': 'end' }, value.toFixed(digits));
  }
  make('text', { x: left, y: height - 4 }, '0 s');
  make('text', { x: width - 10, y: height - 4, 'text-anchor': 'end' }, `${points.at(-1).x.toFixed(1)} s`);
  make('polyline', { class: 'line', points: points.map((point) => `${x(point.x)},${y(point.y)}`).join(' ') });
  return points.map((point) => {
    const kind = point.shown === null ? 'dot' : 'dot shown';
    const dot = make('circle', { class: kind, cx: x(point.x), cy: y(point.y), r: point.shown === null ? 2 : 5 });
    if (point.shown !== null) dot.addEventListener('click', () => choose(point.shown));
    const title = document.createElementNS('http://www.w3.org/2000/svg', 'title');
    title.textContent = `${point.name}: ${point.y.toPrecision(3)}`;
    dot.append(title);
    return { shown: point.shown, dot };
  });
}

function niceStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
}
