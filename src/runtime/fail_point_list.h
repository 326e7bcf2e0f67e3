#pragma once

// Every fail point of the tree: X(name, where it is and what state it leaves). Sorted by name; a name says
// <folder>_<place>.
#define WEIR_FAIL_POINT_LIST(X)                                                          \
  X(exec_spill_write, "a spill file is about to be written")                             \
  X(ingest_before_commit, "segments of a load are durable, the commit is not asked for") \
  X(meta_after_append, "the commit is durable, nobody has been told")                    \
  X(meta_before_append, "the commit is decided, nothing is durable")                     \
  X(runtime_test_a, "for the tests of fail points")                                      \
  X(runtime_test_b, "for the tests of fail points")                                      \
  X(storage_after_segment, "a segment is durable, its commit has not begun")             \
  X(storage_before_segment, "a segment is complete in memory, nothing of it is written") \
  X(storage_compaction_before_commit, "compaction's output is durable, its commit has not begun")
