# sluice_add_plugin(<name> SRCS <file>... [DEPS <library>...] [TEST_ONLY] [STATIC_RUNTIME] [CHECK_CONFIG <file.json>] [CHECK_LEVEL <0-4>])
#
# Builds <name>.so, a plugin: hidden symbols, only the entry exported (checked after each link), nothing undefined. Writes its
# manifest <name>.sluice.json by probing it, and adds a conformance test (plugin_check_<name>) if the project has enabled testing.
# The library lands in <build>/plugins/<name>/, or test-plugins/<name>/ with TEST_ONLY. The target is plugin_<name>.
#
# STATIC_RUNTIME links libstdc++ and libgcc into the plugin, so that it loads on systems with an older runtime than its compiler's.
# CHECK_CONFIG gives the check a configuration to run the component with; without it levels 0 to 2 are checked.

function(sluice_add_plugin name)
  cmake_parse_arguments(ARG "TEST_ONLY;STATIC_RUNTIME;NO_MANIFEST" "CHECK_CONFIG;CHECK_LEVEL" "SRCS;DEPS" ${ARGN})
  if(NOT ARG_SRCS)
    message(FATAL_ERROR "sluice_add_plugin(${name}): SRCS names no source file")
  endif()
  set(target plugin_${name})
  set(folder plugins)
  if(ARG_TEST_ONLY)
    set(folder test-plugins)
  endif()
  set(directory ${CMAKE_BINARY_DIR}/${folder}/${name})

  add_library(${target} MODULE ${ARG_SRCS})
  target_link_libraries(${target} PRIVATE sluice::sdk ${ARG_DEPS})
  if(TARGET sluice_build_flags)
    target_link_libraries(${target} PRIVATE sluice_build_flags)
  endif()
  set_target_properties(${target} PROPERTIES
    PREFIX "" SUFFIX ".so" OUTPUT_NAME ${name} LIBRARY_OUTPUT_DIRECTORY ${directory}
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    BUILD_WITH_INSTALL_RPATH ON
    LINK_DEPENDS ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  target_link_options(${target} PRIVATE -Wl,--version-script=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map -Wl,--exclude-libs,ALL)
  if(NOT SLUICE_SANITIZE)  # the sanitizers' own symbols come from the program that loads the plugin
    target_link_options(${target} PRIVATE -Wl,-z,defs)
  endif()
  if(ARG_STATIC_RUNTIME)
    target_link_options(${target} PRIVATE -static-libgcc $<$<LINK_LANGUAGE:CXX>:-static-libstdc++>)
  endif()

  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} -DLIBRARY=$<TARGET_FILE:${target}> -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/SluiceCheckExports.cmake VERBATIM)
  if(SLUICE_PLUGIN_TOOL AND NOT ARG_NO_MANIFEST)
    add_custom_command(TARGET ${target} POST_BUILD
      COMMAND ${SLUICE_PLUGIN_TOOL} probe --output ${directory}/${name}.sluice.json $<TARGET_FILE:${target}>
      COMMENT "Writing the manifest of ${name}" VERBATIM)
    foreach(dependency ${SLUICE_PLUGIN_TOOL_TARGET})
      add_dependencies(${target} ${dependency})
    endforeach()
  endif()

  if(SLUICE_PLUGIN_TOOL AND NOT ARG_NO_MANIFEST AND (CMAKE_TESTING_ENABLED OR BUILD_TESTING OR SLUICE_TESTS))
    set(check ${SLUICE_PLUGIN_TOOL} check $<TARGET_FILE:${target}>)
    if(ARG_CHECK_CONFIG)
      get_filename_component(check_config ${ARG_CHECK_CONFIG} ABSOLUTE)
      list(APPEND check --config ${check_config})
    endif()
    if(ARG_CHECK_LEVEL)
      list(APPEND check --level ${ARG_CHECK_LEVEL})
    endif()
    add_test(NAME plugin_check_${name} COMMAND ${check})
    set_tests_properties(plugin_check_${name} PROPERTIES LABELS "plugin-check" TIMEOUT 300)
  endif()

  if(NOT ARG_TEST_ONLY)
    install(TARGETS ${target} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/sluice/plugins/${name})
    if(SLUICE_PLUGIN_TOOL AND NOT ARG_NO_MANIFEST)
      install(FILES ${directory}/${name}.sluice.json DESTINATION ${CMAKE_INSTALL_LIBDIR}/sluice/plugins/${name})
    endif()
  endif()
endfunction()
