/**
 * The kernels as TypeScript sees them: one entry per export of kernels.wasm, and how to instantiate them.
 *
 * Every argument is a number. Names ending in nothing but a noun (`slots`, `errors`, `out`) are byte addresses in the
 * shared memory; `...Stride` is in BYTES, from one row (or slot) to the next; `count`, `first`, `dim`, `n`, `k` count
 * agents or entries. Two addressing rules hold everywhere:
 *
 *  - *scratch rows* (`errors`, `out`, `gradient`, ...) belong to the block: row r is agent `first + r`;
 *  - *slots* and graph arrays belong to all agents: they are indexed by the agent's own number.
 *
 * Rows are padded to a multiple of 8 doubles and the padding is always +0 or -0: kernels rely on it and keep it so.
 *
 * Wire formats (little-endian; a slot starts 8-byte aligned):
 *
 *  | message | layout | bits |
 *  | --- | --- | --- |
 *  | dense  | n float64 | 64 n |
 *  | scalars | m float64 | 64 m |
 *  | sign   | float64 scale, then bit c = IEEE sign bit of entry c (1 = negative), least significant first | 64 + n |
 *  | sign, single | the same after a float32 scale | 32 + n |
 *  | sign, common scale | as sign, but every reader knows the scale (it is the same for all messages of a round), so its 8 bytes are not sent and not counted | n |
 *  | levels | float64 step (where it is not shared), then n whole numbers of `bits` bits, two's complement, least significant bit first | (64 +) n bits |
 *  | sparse | k float64, then k indices of `indexBits` bits each, ascending, least significant bit first | k (64 + indexBits) |
 */
export interface Kernels {
  // --- philox.ts -----------------------------------------------------------------------------------------------
  /** out[4 b + lane] (u32) = Philox4x32-10 of counter (firstBlock + b, agent, round, stream), b < blockCount. */
  philoxWords(
    out: number,
    blockCount: number,
    firstBlock: number,
    agent: number,
    round: number,
    stream: number,
    keyLow: number,
    keyHigh: number,
  ): void;
  /**
   * out[lanes e + lane] (u32) for every entry e of the rows of agents first.. in a table of arcs: word `lane` of counter (head, tail, round, stream),
   * lanes 1..4. orientation: 0 edges (the head is the larger end), 1 arcs column -> row, 2 arcs row -> column.
   */
  linkWords(
    first: number,
    count: number,
    rowStart: number,
    columns: number,
    orientation: number,
    lanes: number,
    out: number,
    round: number,
    stream: number,
    keyLow: number,
    keyHigh: number,
  ): void;
  /** masks[c] (u64) = 0x8000000000000000 where the shared flatten sign of coordinate c is -1, else 0; c < n. Stream 1. */
  flattenMasks(masks: number, n: number, round: number, keyLow: number, keyHigh: number): void;
  /** out[c] (f64) uniform in (-1, 1): (u + 0.5) 2^-32 * 2 - 1, u = lane c&3 of block c>>2. */
  philoxUniform(
    out: number,
    n: number,
    agent: number,
    round: number,
    stream: number,
    keyLow: number,
    keyHigh: number,
  ): void;

  // --- wht.ts --------------------------------------------------------------------------------------------------
  /** In place, unnormalised Walsh-Hadamard transform (natural order) of n doubles, n a power of two >= 1. */
  wht(data: number, n: number): void;
  /** target row = H D pad(source row) / sqrt(n): dim entries in, n entries out. Source and target must not overlap. */
  flattenBlock(
    source: number,
    sourceStride: number,
    target: number,
    targetStride: number,
    count: number,
    dim: number,
    n: number,
    masks: number,
  ): void;
  /** target row = crop(D H (source row)) / sqrt(n): n entries in (destroyed), dim out, padding up to a multiple of 8 zeroed. */
  unflattenBlock(
    source: number,
    sourceStride: number,
    target: number,
    targetStride: number,
    count: number,
    dim: number,
    n: number,
    masks: number,
  ): void;

  /**
   * target row = U (source row), dim entries in and out, by parts of `part` entries, a power of two <= dim. Masks: dim of them, and
   * `part` more where part does not divide dim. Source and target must not overlap.
   */
  flattenParts(
    source: number,
    sourceStride: number,
    target: number,
    targetStride: number,
    count: number,
    dim: number,
    part: number,
    masks: number,
  ): void;
  /** target row = U^T (source row), which is destroyed. */
  unflattenParts(
    source: number,
    sourceStride: number,
    target: number,
    targetStride: number,
    count: number,
    dim: number,
    part: number,
    masks: number,
  ): void;

  // --- gather.ts: out row = sum_j L_ij m_j = degrees[i] m_i - sum_(j ~ i) w_ij m_j, neighbours in CSR order --------
  gatherDense(
    first: number,
    count: number,
    rowStart: number,
    columns: number,
    weights: number,
    weightStride: number,
    degrees: number,
    slots: number,
    slotStride: number,
    out: number,
    outStride: number,
    n: number,
  ): void;
  gatherSign(
    first: number,
    count: number,
    rowStart: number,
    columns: number,
    weights: number,
    weightStride: number,
    degrees: number,
    slots: number,
    slotStride: number,
    out: number,
    outStride: number,
    n: number,
  ): void;
  /** Scales are float32. */
  gatherSignSingle(
    first: number,
    count: number,
    rowStart: number,
    columns: number,
    weights: number,
    weightStride: number,
    degrees: number,
    slots: number,
    slotStride: number,
    out: number,
    outStride: number,
    n: number,
  ): void;
  gatherSparse(
    first: number,
    count: number,
    rowStart: number,
    columns: number,
    weights: number,
    weightStride: number,
    degrees: number,
    slots: number,
    slotStride: number,
    out: number,
    outStride: number,
    n: number,
    k: number,
    indexBits: number,
  ): void;

  // --- decode.ts: out row = the agent's own decoded message ------------------------------------------------------
  decodeDense(
    first: number,
    count: number,
    slots: number,
    slotStride: number,
    out: number,
    outStride: number,
    n: number,
  ): void;
  decodeSign(
    first: number,
    count: number,
    slots: number,
    slotStride: number,
    out: number,
    outStride: number,
    n: number,
  ): void;
  /** Scales are float32. */
  decodeSignSingle(
    first: number,
    count: number,
    slots: number,
    slotStride: number,
    out: number,
    outStride: number,
    n: number,
  ): void;
  decodeSparse(
    first: number,
    count: number,
    slots: number,
    slotStride: number,
    out: number,
    outStride: number,
    n: number,
    k: number,
    indexBits: number,
  ): void;

  // --- encode.ts: errors row -> slot of agent first + r ------------------------------------------------------------
  encodeDense(
    first: number,
    count: number,
    errors: number,
    errorStride: number,
    slots: number,
    slotStride: number,
    n: number,
  ): void;
  /** Scale = mean |e| over n entries. */
  encodeSign(
    first: number,
    count: number,
    errors: number,
    errorStride: number,
    slots: number,
    slotStride: number,
    n: number,
  ): void;
  /** Scale by rule: 0 mean |e|, 1 |e|_2^2 / |e|_1, 2 max |e| / 2, 3 one; as a float64 (`scaleBytes` 8) or the nearest float32 (4). */
  encodeSignScaled(
    first: number,
    count: number,
    errors: number,
    errorStride: number,
    slots: number,
    slotStride: number,
    n: number,
    rule: number,
    scaleBytes: number,
  ): void;
  /**
   * Signs of e + lambda tau; lambda 0: amplitude |e|_2 / sqrt(n). Scale = shrink lambda; tau from stream 2. scratch: DITHER_SCRATCH doubles.
   */
  encodeOneBit(
    first: number,
    count: number,
    errors: number,
    errorStride: number,
    slots: number,
    slotStride: number,
    n: number,
    amplitude: number,
    lambda: number,
    shrink: number,
    round: number,
    keyLow: number,
    keyHigh: number,
    scratch: number,
  ): void;
  /** The agents' own n signs, unflattened to dim entries: decodeSign + unflattenBlock in whole numbers. n in 64..16384; scratch holds n i16. */
  decodeFlattenedSign(
    first: number,
    count: number,
    slots: number,
    slotStride: number,
    out: number,
    outStride: number,
    dim: number,
    n: number,
    masks: number,
    scratch: number,
  ): void;
  /** Fused flattenBlock + encodeSign: the n-entry message of the dim-entry error; scratch holds n doubles. */
  encodeFlattenedSign(
    first: number,
    count: number,
    errors: number,
    errorStride: number,
    slots: number,
    slotStride: number,
    dim: number,
    n: number,
    masks: number,
    scratch: number,
  ): void;
  /** The k entries largest in magnitude; ties go to the lowest index. scratch holds n u64. */
  encodeSparse(
    first: number,
    count: number,
    errors: number,
    errorStride: number,
    slots: number,
    slotStride: number,
    n: number,
    k: number,
    indexBits: number,
    scratch: number,
  ): void;

  // --- levels.ts: entry c is step times a whole number of `bits` bits (2..16), at most `levels` in magnitude -----------
  /** Nearest multiple of step, ties to even; the step is known to the reader and not sent. scratch: a padded row of n i32. */
  encodeLevels(
    first: number,
    count: number,
    errors: number,
    errorStride: number,
    slots: number,
    slotStride: number,
    n: number,
    bits: number,
    levels: number,
    step: number,
    scratch: number,
  ): void;
  /** floor(e / step + u), step = |e|_2 / levels (`norm` 0) or max |e| / levels (1), sent as a float64; u from stream 2. scratch: a padded row of n doubles. */
  encodeLevelsDithered(
    first: number,
    count: number,
    errors: number,
    errorStride: number,
    slots: number,
    slotStride: number,
    n: number,
    bits: number,
    levels: number,
    norm: number,
    round: number,
    keyLow: number,
    keyHigh: number,
    scratch: number,
  ): void;
  /** step 0: read from the messages. */
  gatherLevels(
    first: number,
    count: number,
    rowStart: number,
    columns: number,
    weights: number,
    weightStride: number,
    degrees: number,
    slots: number,
    slotStride: number,
    out: number,
    outStride: number,
    n: number,
    bits: number,
    step: number,
  ): void;
  decodeLevels(
    first: number,
    count: number,
    slots: number,
    slotStride: number,
    out: number,
    outStride: number,
    n: number,
    bits: number,
    step: number,
  ): void;

  // --- scalars.ts: m numbers a message -----------------------------------------------------------------------------
  /** Entries index, index + 1, ... (mod n), m of them; m <= n. */
  encodeScalars(
    first: number,
    count: number,
    errors: number,
    errorStride: number,
    slots: number,
    slotStride: number,
    n: number,
    index: number,
    m: number,
  ): void;
  gatherScalars(
    first: number,
    count: number,
    rowStart: number,
    columns: number,
    weights: number,
    weightStride: number,
    degrees: number,
    slots: number,
    slotStride: number,
    out: number,
    outStride: number,
    n: number,
    index: number,
    m: number,
  ): void;
  decodeScalars(
    first: number,
    count: number,
    slots: number,
    slotStride: number,
    out: number,
    outStride: number,
    n: number,
    index: number,
    m: number,
  ): void;
  /** psi_j . e for the m padded rows psi_j at basis. */
  encodeProjections(
    first: number,
    count: number,
    errors: number,
    errorStride: number,
    slots: number,
    slotStride: number,
    n: number,
    basis: number,
    m: number,
  ): void;
  /** scratch: m doubles. */
  gatherProjections(
    first: number,
    count: number,
    rowStart: number,
    columns: number,
    weights: number,
    weightStride: number,
    degrees: number,
    slots: number,
    slotStride: number,
    out: number,
    outStride: number,
    n: number,
    basis: number,
    m: number,
    scratch: number,
  ): void;
  decodeProjections(
    first: number,
    count: number,
    slots: number,
    slotStride: number,
    out: number,
    outStride: number,
    n: number,
    basis: number,
    m: number,
  ): void;

  // --- math.ts, for the tests: a lane of what the logistic kernels compute two at a time ------------------------------
  exp(x: number): number;
  /** log(1 + x) for finite x > -1. */
  log1p(x: number): number;

  // --- step.ts: n = entries of a padded row (multiple of 8); every row of every array has the same stride -----------
  /**
   * xOut = x - (hEta g + hAlpha Ly + hBeta v) / (1 + hImplicit d); v += hBeta Ly. xOut may be x. d = weighted degrees from the block's first
   * agent on; hImplicit is 0 for forward Euler.
   */
  stepPrimalDual(
    count: number,
    stride: number,
    n: number,
    x: number,
    xOut: number,
    v: number,
    gradient: number,
    laplacian: number,
    degrees: number,
    hEta: number,
    hAlpha: number,
    hBeta: number,
    hImplicit: number,
  ): void;
  /**
   * A round of it where messages are the states themselves, with the bits of gatherDense, the gradient and the step. slots: x of all agents; xOut, v, a, b: block
   * rows. The gradient is in `gradient`, block rows, or, where that is 0, a (x - b).
   */
  primalDualDense(
    first: number,
    count: number,
    rowStart: number,
    columns: number,
    weights: number,
    weightStride: number,
    degrees: number,
    slots: number,
    stride: number,
    xOut: number,
    v: number,
    gradient: number,
    a: number,
    b: number,
    hEta: number,
    hAlpha: number,
    hBeta: number,
    hImplicit: number,
  ): void;
  /**
   * With y from the network's estimates. u = L q gathered this round, q = own message:
   * Ly = z + current u (current is 1 for error-state, 0 for observer); x, v as above;
   * s += mu q; z += mu u; error = x_new - s_new.
   */
  stepPrimalDualError(
    count: number,
    stride: number,
    n: number,
    x: number,
    v: number,
    s: number,
    z: number,
    gradient: number,
    laplacian: number,
    message: number,
    error: number,
    degrees: number,
    hEta: number,
    hAlpha: number,
    hBeta: number,
    hImplicit: number,
    mu: number,
    current: number,
  ): void;
  /**
   * A round of stepPrimalDualError where messages are signs of a vector rotated to n entries, n a power of two in 64..4096, and dim a multiple of 8: the same bits as
   * gatherSign + unflattenBlock, decodeFlattenedSign, the gradient, the step and encodeFlattenedSign. x, v, s, z, a, b: block rows of dim entries. The gradient is
   * in `gradient`, block rows, or, where that is 0, a (x - b). `memory`: block rows as in stepPrimalDualMemory, with links that do not change, whose step is then taken, or 0. masks, slots: those of the round; masksOut, slotsOut: those of the next. scratch holds 3 n + 64 doubles.
   */
  primalDualRotatedSigns(
    first: number,
    count: number,
    rowStart: number,
    columns: number,
    weights: number,
    weightStride: number,
    degrees: number,
    slots: number,
    slotsOut: number,
    slotStride: number,
    dim: number,
    n: number,
    masks: number,
    masksOut: number,
    x: number,
    v: number,
    s: number,
    z: number,
    memory: number,
    gradient: number,
    a: number,
    b: number,
    hEta: number,
    hAlpha: number,
    hBeta: number,
    hImplicit: number,
    mu: number,
    current: number,
    gamma: number,
    scratch: number,
  ): void;
  /**
   * With the agents' own states taken as they are, and a memory m of what the messages left out. d = weighted degrees from the
   * block's first agent on: o = x - (s + q); r = z + u + d o; x -= (hEta g + hAlpha r + hBeta v) / (1 + hImplicit d); v += hBeta r;
   * s += mu q; z += mu u; m += (d / D) o, D = weighted degrees of the whole graph;
   * error = x_new - s_new + gamma m_new.
   */
  stepPrimalDualMemory(
    count: number,
    stride: number,
    n: number,
    x: number,
    v: number,
    s: number,
    z: number,
    memory: number,
    degrees: number,
    fixedDegrees: number,
    gradient: number,
    laplacian: number,
    message: number,
    error: number,
    hEta: number,
    hAlpha: number,
    hBeta: number,
    hImplicit: number,
    mu: number,
    gamma: number,
  ): void;
  /**
   * heard rows hold -(dim sums, weight): x = sums / weight; share rows = (sums, weight) / (1 + out-degree), dim + 1 entries. All from the block's
   * first agent on.
   */
  stepPushSum(
    count: number,
    dim: number,
    heard: number,
    heardStride: number,
    outDegrees: number,
    x: number,
    xStride: number,
    shares: number,
    shareStride: number,
  ): void;
  /** xOut = x - hAlpha Ly. */
  stepConsensus(
    count: number,
    stride: number,
    n: number,
    x: number,
    xOut: number,
    laplacian: number,
    hAlpha: number,
  ): void;
  /** Ly = z + current u; x -= hAlpha Ly; s += mu q; z += mu u; error = x_new - s_new. */
  stepConsensusError(
    count: number,
    stride: number,
    n: number,
    x: number,
    s: number,
    z: number,
    laplacian: number,
    message: number,
    error: number,
    hAlpha: number,
    mu: number,
    current: number,
  ): void;
  /**
   * out = a x + b y + c z + d u + e w, added from left to right; the first of z, u, w whose address is 0 ends the sum. out may be any of the others
   * (the same address), and may not otherwise overlap them.
   */
  combine(
    count: number,
    stride: number,
    n: number,
    out: number,
    a: number,
    x: number,
    b: number,
    y: number,
    c: number,
    z: number,
    d: number,
    u: number,
    e: number,
    w: number,
  ): void;
  /** out = a - b, row by row. */
  subtract(count: number, stride: number, n: number, a: number, b: number, out: number): void;

  // --- power.ts: a slot and a vector held for every directed edge; x (block rows) holds matrices of height x width ----------
  /** Draws the vectors of round 0, n entries each (stream 13). */
  powerBegin(
    first: number,
    count: number,
    rowStart: number,
    columns: number,
    held: number,
    slotBytes: number,
    n: number,
    keyLow: number,
    keyHigh: number,
  ): void;
  /** slot = X v (left 0, v of width entries) or X^T v (left 1, v of height entries), with v the vector that the edge holds. */
  powerSend(
    first: number,
    count: number,
    rowStart: number,
    x: number,
    stride: number,
    height: number,
    width: number,
    left: number,
    held: number,
    slots: number,
    slotBytes: number,
  ): void;
  /**
   * d = heard - said of every edge: X += tau w d v^T (left 0) or tau w v d^T (left 1); then v = +-d/|d|, the sign that of the higher end minus the lower,
   * or where d is 0 a vector drawn for `round`. scratch: a slot.
   */
  powerMix(
    first: number,
    count: number,
    rowStart: number,
    columns: number,
    weights: number,
    weightStride: number,
    reverse: number,
    x: number,
    stride: number,
    height: number,
    width: number,
    left: number,
    held: number,
    slots: number,
    slotBytes: number,
    tau: number,
    scratch: number,
    round: number,
    keyLow: number,
    keyHigh: number,
  ): void;

  // --- batch.ts -------------------------------------------------------------------------------------------------------
  /**
   * picks[t] (u32), t < size = numbers of different samples of the agent, drawn at random (Philox stream 5); returns 1. Returns 0 and draws
   * nothing where the agent has no more than `size`. marks: a bit for each sample of an agent, zero before and after.
   */
  drawBatch(
    agent: number,
    samples: number,
    size: number,
    picks: number,
    marks: number,
    draw: number,
    keyLow: number,
    keyHigh: number,
  ): number;
  // --- server.ts: ranges of coordinates first .. first + count - 1, rows and messages given by their coordinate 0 -------------
  /**
   * counts[c] (f64) = how many of the agents' messages have bit c set. `slots` is the first bit of agent 0's message; first is a multiple of 8, and messages
   * are readable up to 15 bytes beyond the range. scratch: COUNT_SCRATCH_BYTES bytes.
   */
  countSigns(
    slots: number,
    slotStride: number,
    agents: number,
    first: number,
    count: number,
    counts: number,
    scratch: number,
  ): void;
  /** out[c] = scale (agents - 2 counts[c]) / agents; rounded up to two entries. out may be counts. */
  meanSigns(counts: number, first: number, count: number, agents: number, scale: number, out: number): void;
  /** bit c of `bytes` = sign bit of entry c; first is a multiple of 8, bits of the last byte beyond the range are zero. */
  packSignRange(row: number, bytes: number, first: number, count: number): void;
  /** The same of e_c + lambda tau_c; first is a multiple of 16. scratch: DITHER_SCRATCH doubles. */
  ditherSignRange(
    row: number,
    bytes: number,
    first: number,
    count: number,
    lambda: number,
    agent: number,
    round: number,
    stream: number,
    keyLow: number,
    keyHigh: number,
    scratch: number,
  ): void;
  /** x -= gamma direction; padded rows of n entries here and below. */
  serverSgd(x: number, direction: number, n: number, gamma: number): void;
  /** velocity = beta velocity + d; d = velocity, or d + beta velocity (nesterov 1). */
  serverMomentum(direction: number, n: number, velocity: number, beta: number, nesterov: number): void;
  /** m = beta1 m + (1 - beta1) d; v = beta2 v + (1 - beta2) d^2; d = (m / correction1) / (sqrt(v / correction2) + epsilon). */
  serverAdam(
    direction: number,
    n: number,
    m: number,
    v: number,
    beta1: number,
    beta2: number,
    correction1: number,
    correction2: number,
    epsilon: number,
  ): void;

  // --- gradient.ts: x and out are block rows (row r = agent first + r); data arrays are indexed by agent ---------------
  /** out = a (x - b); a, b rows of agent first + r start at a + r stride (block addresses, like x). */
  gradientQuadratic(
    count: number,
    stride: number,
    n: number,
    x: number,
    a: number,
    b: number,
    out: number,
  ): void;
  /**
   * f_i(x) = scale sum_{samples r of i} loss(a_r . x, y_r) + (regularization/2) |x|^2.
   * loss 0: (t - y)^2 / 2; 1: log(1 + exp(-y t)); 2: Huber's, `parameter` its delta; 3: that of 1, with the penalty
   * regularization sum_c x_c^2 / (1 + x_c^2). Others ignore `parameter`. Agent i holds samples [samples[i], samples[i+1]) (u32).
   * Sparse rows: entries [rowStart[r], rowStart[r+1]) (u32) of columns (u32) and values (f64). scratch holds one double per
   * sample of the largest agent, rounded up to a multiple of 2. With picks (not 0; count is 1) it is the sum over these `size` samples alone,
   * scaled by (samples of i) / size.
   */
  gradientLinearSparse(
    loss: number,
    parameter: number,
    first: number,
    count: number,
    x: number,
    xStride: number,
    samples: number,
    rowStart: number,
    columns: number,
    values: number,
    labels: number,
    out: number,
    outStride: number,
    n: number,
    scale: number,
    regularization: number,
    scratch: number,
    picks: number,
    size: number,
  ): void;
  /** The same with dense rows: row r starts at rows + r * rowStride (bytes), padded like x. */
  gradientLinearDense(
    loss: number,
    parameter: number,
    first: number,
    count: number,
    x: number,
    xStride: number,
    samples: number,
    rows: number,
    rowStride: number,
    labels: number,
    out: number,
    outStride: number,
    n: number,
    scale: number,
    regularization: number,
    scratch: number,
    picks: number,
    size: number,
  ): void;

  // --- value.ts: out[i] (f64, indexed by agent) = f_i(point), the same point for all ------------------------------------
  /** Here a and b are the addresses of agent 0's rows. `point` is a padded row in all three. */
  valueQuadratic(
    first: number,
    count: number,
    stride: number,
    n: number,
    point: number,
    a: number,
    b: number,
    out: number,
  ): void;
  valueLinearSparse(
    loss: number,
    parameter: number,
    first: number,
    count: number,
    point: number,
    samples: number,
    rowStart: number,
    columns: number,
    values: number,
    labels: number,
    out: number,
    n: number,
    scale: number,
    regularization: number,
  ): void;
  valueLinearDense(
    loss: number,
    parameter: number,
    first: number,
    count: number,
    point: number,
    samples: number,
    rows: number,
    rowStride: number,
    labels: number,
    out: number,
    n: number,
    scale: number,
    regularization: number,
  ): void;

  /** How many of the samples from .. to - 1 (labels f64, +-1) lie on their label's side of 0; a margin of 0 is on the side of -1. */
  correctLinearSparse(
    from: number,
    to: number,
    point: number,
    rowStart: number,
    columns: number,
    values: number,
    labels: number,
  ): number;
  correctLinearDense(
    from: number,
    to: number,
    point: number,
    rows: number,
    rowStride: number,
    labels: number,
    n: number,
  ): number;

  // --- softmax.ts: x holds `features` entries for each class, class after class; labels are u32 below `classes` -----------
  /**
   * f_i(x) = scale sum_r [log sum_k exp(a_r . x_k) - a_r . x_{y_r}] + (regularization/2) |x|^2; samples and rows as in gradient.ts.
   * scratch holds one double per class, rounded up to a multiple of 2. picks and size as there.
   */
  gradientSoftmaxSparse(
    classes: number,
    features: number,
    first: number,
    count: number,
    x: number,
    xStride: number,
    samples: number,
    rowStart: number,
    columns: number,
    values: number,
    labels: number,
    out: number,
    outStride: number,
    scale: number,
    regularization: number,
    scratch: number,
    picks: number,
    size: number,
  ): void;
  gradientSoftmaxDense(
    classes: number,
    features: number,
    first: number,
    count: number,
    x: number,
    xStride: number,
    samples: number,
    rows: number,
    rowStride: number,
    labels: number,
    out: number,
    outStride: number,
    scale: number,
    regularization: number,
    scratch: number,
    picks: number,
    size: number,
  ): void;
  valueSoftmaxSparse(
    classes: number,
    features: number,
    first: number,
    count: number,
    point: number,
    samples: number,
    rowStart: number,
    columns: number,
    values: number,
    labels: number,
    out: number,
    scale: number,
    regularization: number,
    scratch: number,
  ): void;
  valueSoftmaxDense(
    classes: number,
    features: number,
    first: number,
    count: number,
    point: number,
    samples: number,
    rows: number,
    rowStride: number,
    labels: number,
    out: number,
    scale: number,
    regularization: number,
    scratch: number,
  ): void;

  /** How many of the samples from .. to - 1 have their own class for the first of largest margin. */
  correctSoftmaxSparse(
    classes: number,
    features: number,
    from: number,
    to: number,
    point: number,
    rowStart: number,
    columns: number,
    values: number,
    labels: number,
    scratch: number,
  ): number;
  correctSoftmaxDense(
    classes: number,
    features: number,
    from: number,
    to: number,
    point: number,
    rows: number,
    rowStride: number,
    labels: number,
    scratch: number,
  ): number;

  // --- mlp.ts: x = W_1 (a row of outputs for each input), b_1, W_2, b_2, ..; labels are u32 below the width of the last layer --------
  /**
   * f_i(x) = scale sum_r [log sum_k exp(z_k) - z_{y_r}] + (regularization/2) |x|^2, z = W_L relu(.. relu(W_1 a_r + b_1) ..) + b_L. layers: a u32 table, see
   * mlp.ts; src/cost/mlp.ts makes it and counts the bytes of scratch. kind: rows are float32 (0), or bytes divided by it. spare: max(16, classes + 1)
   * doubles. picks and size as in gradient.ts.
   */
  gradientMlp(
    layers: number,
    depth: number,
    first: number,
    count: number,
    x: number,
    xStride: number,
    samples: number,
    rows: number,
    rowStride: number,
    kind: number,
    labels: number,
    out: number,
    outStride: number,
    n: number,
    scale: number,
    regularization: number,
    scratch: number,
    spare: number,
    picks: number,
    size: number,
  ): void;
  valueMlp(
    layers: number,
    depth: number,
    first: number,
    count: number,
    point: number,
    samples: number,
    rows: number,
    rowStride: number,
    kind: number,
    labels: number,
    out: number,
    n: number,
    scale: number,
    regularization: number,
    scratch: number,
    spare: number,
  ): void;
  /** How many of the samples from .. to - 1 have their own class for the first of largest margin. */
  correctMlp(
    layers: number,
    depth: number,
    from: number,
    to: number,
    point: number,
    rows: number,
    rowStride: number,
    kind: number,
    labels: number,
    scratch: number,
    spare: number,
  ): number;

  // --- trace.ts ---------------------------------------------------------------------------------------------------------
  /** out[c] = (sum over agents of x[i][c]) / agents for firstColumn <= c < firstColumn + columns; summed in blocks of 256 agents. */
  columnMeans(
    x: number,
    stride: number,
    agents: number,
    firstColumn: number,
    columns: number,
    out: number,
  ): void;
  /** The same, where the row of agent i is row positions[i] (u32, agents entries). */
  columnMeansPlaced(
    x: number,
    stride: number,
    positions: number,
    agents: number,
    firstColumn: number,
    columns: number,
    out: number,
  ): void;
  /** out[i] (indexed by agent) = |x_i - point|^2; x is the address of agent 0's row. */
  distancesToPoint(
    first: number,
    count: number,
    x: number,
    stride: number,
    n: number,
    point: number,
    out: number,
  ): void;
  /** out[i] = |x_i - s_i|^2. */
  distancesBetweenRows(
    first: number,
    count: number,
    x: number,
    s: number,
    stride: number,
    n: number,
    out: number,
  ): void;
  /** Sum of `length` doubles in blocks of 256, then over the blocks: the same bits whoever calls it. */
  sum(data: number, length: number): number;

  // --- arithmetic.ts, for benchmarks: no memory is touched -----------------------------------------------------------------
  /** Sum of sixteen numbers 0, 1, .. 7 and their negatives after so many steps x <- 3/4 x + 1/4. */
  arithmetic(steps: number): number;
}

/** Doubles of scratch that dithered signs take, whatever the length of the row. */
export const DITHER_SCRATCH = 256;
/** Bytes of scratch that counting signs takes. */
export const COUNT_SCRATCH_BYTES = 16 * 2048;

/** Instantiates the compiled kernels over the arena's memory: once per thread. */
export function bindKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const abort = () => {
    throw new Error('a kernel aborted');
  };
  return new WebAssembly.Instance(module, { env: { memory, abort } }).exports as unknown as Kernels;
}
