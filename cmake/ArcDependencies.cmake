# Third-party libraries. Debian packages come from the system, DuckDB and Arrow from the folder that
# scripts/fetch_dependencies.sh fills. All headers are system headers: our warnings are ours.

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
# Inside our binaries and hidden there: libparquet of the wheel has an OpenSSL of its own, of another
# version, and exports it. As shared libraries the two would call into each other
# (tests/linking_test.py).
set(OPENSSL_USE_STATIC_LIBS TRUE)
find_package(OpenSSL REQUIRED)
add_link_options(-Wl,--exclude-libs,libssl.a:libcrypto.a)
find_package(ZLIB REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)

# arc_system_library(NAME library [header]): a library that brings no CMake package.
function(arc_system_library name library header)
  find_library(${name}_LIBRARY ${library} REQUIRED)
  find_path(${name}_INCLUDE ${header} REQUIRED)
  add_library(arc_${name} INTERFACE)
  target_include_directories(arc_${name} SYSTEM INTERFACE ${${name}_INCLUDE})
  target_link_libraries(arc_${name} INTERFACE ${${name}_LIBRARY})
endfunction()
arc_system_library(deflate deflate libdeflate.h)
arc_system_library(zstd zstd zstd.h)
arc_system_library(edit edit histedit.h)
# The allocator of the process (src/foundation/memory), inside our binary. The one that may be put into a
# position-independent executable.
arc_system_library(jemalloc jemalloc_pic jemalloc/jemalloc.h)

set(ARC_DEPS_DIR "$ENV{ARC_DEPS_DIR}")
if(NOT ARC_DEPS_DIR)
  set(ARC_DEPS_DIR "$ENV{HOME}/.cache/arc-deps")
endif()

if(NOT ARC_WITHOUT_ENGINE)
  set(ARC_DUCKDB_DIR "${ARC_DEPS_DIR}/duckdb-1.5.6")
  if(NOT EXISTS "${ARC_DUCKDB_DIR}/.complete")
    message(FATAL_ERROR "DuckDB is missing in ${ARC_DEPS_DIR}: run scripts/fetch_dependencies.sh")
  endif()
  add_library(arc_duckdb SHARED IMPORTED)
  set_target_properties(arc_duckdb PROPERTIES IMPORTED_LOCATION "${ARC_DUCKDB_DIR}/libduckdb.so")
  target_include_directories(arc_duckdb SYSTEM INTERFACE "${ARC_DUCKDB_DIR}/include")
  # DuckDB's headers switch its internal assertions on without NDEBUG, and with them change the
  # layout of classes: the library was built with it.
  target_compile_definitions(arc_duckdb INTERFACE NDEBUG)

  # An installed Arrow C++ of the same version, else the one from the wheel.
  find_package(Arrow 26.0.1 EXACT QUIET CONFIG)
  find_package(Parquet 26.0.1 EXACT QUIET CONFIG)
  add_library(arc_arrow INTERFACE)
  if(Arrow_FOUND AND Parquet_FOUND)
    target_link_libraries(arc_arrow INTERFACE Arrow::arrow_shared Parquet::parquet_shared)
  else()
    set(ARC_ARROW_DIR "${ARC_DEPS_DIR}/arrow-26.0.1")
    if(NOT EXISTS "${ARC_ARROW_DIR}/.complete")
      message(FATAL_ERROR "Arrow is missing in ${ARC_DEPS_DIR}: run scripts/fetch_dependencies.sh")
    endif()
    foreach(library arrow parquet)
      add_library(arc_${library}_so SHARED IMPORTED)
      set_target_properties(arc_${library}_so PROPERTIES
        IMPORTED_LOCATION "${ARC_ARROW_DIR}/lib/lib${library}.so.2600")
      target_link_libraries(arc_arrow INTERFACE arc_${library}_so)
    endforeach()
    target_include_directories(arc_arrow SYSTEM INTERFACE "${ARC_ARROW_DIR}/include")
    target_link_options(arc_arrow INTERFACE "-Wl,-rpath-link,${ARC_ARROW_DIR}/lib")
    # On each link line libparquet comes after our OpenSSL, or the linker would take its symbols; and
    # is left out where nobody else needs it.
    set_property(TARGET OpenSSL::Crypto APPEND PROPERTY INTERFACE_LINK_LIBRARIES arc_parquet_so)
    add_link_options(-Wl,--as-needed)
  endif()
endif()
