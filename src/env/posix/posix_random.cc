#include "env/posix/posix_random.h"

#include <sys/random.h>

#include <cerrno>

#include "base/error.h"

namespace weir {

uint64_t PosixRandom::Next() {
  uint64_t out = 0;
  // Up to 256 bytes come whole once the kernel's pool is ready; before that a signal may interrupt.
  while (getrandom(&out, sizeof(out), 0) != sizeof(out)) {
    if (errno != EINTR) throw Error::FromErrno(errno, "could not read random bytes");
  }
  return out;
}

}  // namespace weir
