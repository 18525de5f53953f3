# arc_library(NAME SOURCES a.cc ... DEPENDS ...): one folder, one library, named arc_NAME.
function(arc_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(arc_${name} STATIC ${ARG_SOURCES})
  target_include_directories(arc_${name} PUBLIC "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(arc_${name} PUBLIC ${ARG_DEPENDS})
endfunction()

# arc_test(NAME SOURCES a_test.cc ... DEPENDS ...): the unit tests of one folder, one binary.
function(arc_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name}_test ${ARG_SOURCES})
  target_link_libraries(${name}_test PRIVATE arc_${name} ${ARG_DEPENDS} GTest::gmock GTest::gtest_main)
  add_test(NAME ${name}_test COMMAND ${name}_test)
endfunction()

# arc_bench(NAME SOURCES a_bench.cc ... DEPENDS ...): micro-benchmarks of one folder.
function(arc_bench name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name}_bench ${ARG_SOURCES})
  target_link_libraries(${name}_bench PRIVATE arc_${name} ${ARG_DEPENDS} benchmark::benchmark_main)
endfunction()

# arc_fuzzer(NAME SOURCES a_fuzz.cc DEPENDS ...): one libFuzzer target; seeds in fuzz/seeds/NAME.
function(arc_fuzzer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name}_fuzz ${ARG_SOURCES})
  target_link_libraries(${name}_fuzz PRIVATE ${ARG_DEPENDS})
  target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
endfunction()
