# Compiler, linker and flags, shared by every target.

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # Precompiled headers and ccache agree only with this sloppiness and -fpch-preprocess below.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
               ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

# x86-64-v2 (SSE4.2, POPCNT) is what every server of the last fifteen years has; wider kernels are
# chosen at run time.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  add_compile_options(-march=x86-64-v2)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wno-pedantic -Werror -Wnon-virtual-dtor -Woverloaded-virtual
                    -Wno-missing-field-initializers -fno-omit-frame-pointer -fdiagnostics-color=auto)
# g++ 12 reports these falsely inside its own library and in coroutine frames.
add_compile_options(-Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread
                    -Wno-restrict -Wno-dangling-pointer)
add_compile_options(-fpch-preprocess)

set(CMAKE_CXX_FLAGS_RELEASE "-O3 -g1")
set(CMAKE_C_FLAGS_RELEASE "-O3 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g -DWEIR_DEBUG=1")
set(CMAKE_C_FLAGS_DEBUG "-O0 -g -DWEIR_DEBUG=1")
set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -g1 -DWEIR_DEBUG=1")
set(CMAKE_C_FLAGS_SANITIZE "-O1 -g1 -DWEIR_DEBUG=1")

if(WEIR_SANITIZE)
  add_compile_options(-fsanitize=${WEIR_SANITIZE} -fno-sanitize-recover=all)
  if(WEIR_SANITIZE MATCHES undefined)
    # A quarter of the time to compile, and the address sanitizer stops at a null pointer too.
    add_compile_options(-fno-sanitize=vptr,null,nonnull-attribute,returns-nonnull-attribute)
  endif()
  add_link_options(-fsanitize=${WEIR_SANITIZE})
  if(WEIR_SANITIZE MATCHES thread)
    add_compile_options(-Wno-tsan)  # gcc: atomic_thread_fence is not modelled
  endif()
endif()

find_package(Threads REQUIRED)
