/** What `bench startup` starts, as `sottovoce.cts` is what a user starts. */

import('./startup-process.js');
