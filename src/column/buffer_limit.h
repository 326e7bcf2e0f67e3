#pragma once

#include <cstdint>

namespace weir {

// Bounds what buffers hold together, in the whole process. Operators reserve what they keep with their trackers; this
// is for what a single call makes of a few rows, such as repeat('x', 1000000) over a chunk, before anyone could count
// it. Beyond the limit Buffer::Allocate throws 53200. Buffers of less than 64 KiB are not counted.
void SetBufferLimit(int64_t bytes);
int64_t BufferBytes();

}  // namespace weir
