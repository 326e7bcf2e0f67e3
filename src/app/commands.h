#pragma once

// The commands of the binary: each takes its own arguments (argv[0] is the command's name) and returns the exit
// status.
namespace weir::app {

int RunServer(int argc, char** argv);
int RunSql(int argc, char** argv);
int RunLocal(int argc, char** argv);
int RunLoad(int argc, char** argv);
int RunCollect(int argc, char** argv);
int RunVersion(int argc, char** argv);

}  // namespace weir::app
