/** Numbers that a seed determines: SplitMix32, one stream for each mutation, so that any of them can be made alone. */

export class Random {
  /** @param {string} name @param {number} seed @param {number} index */
  constructor(name, seed, index) {
    let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35);
    for (let i = 0; i < name.length; i++) state = Math.imul(state ^ name.charCodeAt(i), 0x01000193);
    this.state = state >>> 0;
  }

  /** A whole number of 32 bits. */
  bits() {
    this.state = (this.state + 0x9e3779b9) >>> 0;
    let z = this.state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  }

  /** In 0..count-1. */
  below(count) {
    return Math.floor((this.bits() / 2 ** 32) * count);
  }

  chance(oneIn) {
    return this.below(oneIn) === 0;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  /** In low..high, small ones as likely as large ones: the logarithm is drawn. */
  size(low, high) {
    return Math.min(high, Math.floor(low * Math.exp((this.bits() / 2 ** 32) * Math.log(high / low + 1))));
  }
}
