/**
 * Offsets in bytes as types: `offsetof<At16>()` is 16. A load or store takes a constant offset at no cost,
 * but of all that is given to an inlined function only a type argument is a constant early enough to be one.
 */
@unmanaged
export class At0 {}
@unmanaged
export class At16 extends At0 {
  to16: v128;
}
@unmanaged
export class At32 extends At16 {
  to32: v128;
}
@unmanaged
export class At48 extends At32 {
  to48: v128;
}
@unmanaged
export class At64 extends At48 {
  to64: v128;
}
@unmanaged
export class At80 extends At64 {
  to80: v128;
}
@unmanaged
export class At96 extends At80 {
  to96: v128;
}
@unmanaged
export class At112 extends At96 {
  to112: v128;
}
