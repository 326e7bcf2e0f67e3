#pragma once

#include "storage/storage.h"

namespace weir {

// Commits what a transaction gathered over `seen`. Others may have changed definitions since: the objects that the
// transaction creates then get other ids than it worked with, and whatever refers to them goes along. Throws what
// does not fit any more (42P07, 42P01), and 40001 when definitions change faster than it can follow.
void CommitTransaction(Storage& storage, CommitRequest changes, const SnapshotPtr& seen);

}  // namespace weir
