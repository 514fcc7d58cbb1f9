# Warnings, hardening and sanitizers: one interface target that every target of ours links.
include(CheckCCompilerFlag)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
endif()
# Assertions stay in every build: they are the engine's own checks, not a debugging aid.
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")

set(LEAT_SANITIZE "" CACHE STRING "address,undefined or thread")
option(LEAT_COVERAGE "Instrument for gcov" OFF)

add_library(leat_flags INTERFACE)
target_compile_definitions(leat_flags INTERFACE _GNU_SOURCE)
target_compile_options(leat_flags INTERFACE
    -Wall -Wextra -Werror -Wformat=2 -Wshadow -Wstrict-prototypes -Wmissing-prototypes
    -Wpointer-arith -Wcast-qual -Wundef -Wvla -Wimplicit-fallthrough -Wno-unused-parameter
    -Wno-missing-field-initializers -fno-strict-aliasing -fno-omit-frame-pointer
    # What the shared library exports is said in leat.map; inside, calls need no indirection.
    -fno-semantic-interposition
    # Names and sentences are cut at their bound on purpose; gcc's guess varies by version.
    $<$<C_COMPILER_ID:GNU>:-Wno-format-truncation>)

foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
        -ftrivial-auto-var-init=zero -fstrict-flex-arrays=3)
    string(MAKE_C_IDENTIFIER "HAVE${flag}" have)
    check_c_compiler_flag(${flag} ${have})
    if(${have})
        target_compile_options(leat_flags INTERFACE ${flag})
    endif()
endforeach()

if(LEAT_SANITIZE)
    target_compile_options(leat_flags INTERFACE -fsanitize=${LEAT_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(leat_flags INTERFACE -fsanitize=${LEAT_SANITIZE})
    # What the sanitizers add hides from gcc that a path cannot be taken.
    target_compile_options(leat_flags INTERFACE $<$<C_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(leat_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
if(LEAT_COVERAGE)
    target_compile_options(leat_flags INTERFACE --coverage)
    target_link_options(leat_flags INTERFACE --coverage)
endif()
target_link_options(leat_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed)
