# Target quickjs::quickjs: the JavaScript engine of scripted transforms, which tests/setup.sh builds (docs/adr/0014-script-engine.md).
find_path(QUICKJS_INCLUDE_DIR quickjs/quickjs.h)
find_library(QUICKJS_LIBRARY quickjs PATH_SUFFIXES quickjs)
if(NOT QUICKJS_INCLUDE_DIR OR NOT QUICKJS_LIBRARY)
  message(FATAL_ERROR "QuickJS (quickjs/quickjs.h and libquickjs.a) is missing: run tests/setup.sh, which builds it from Debian's sources")
endif()
add_library(quickjs::quickjs STATIC IMPORTED)
set_target_properties(quickjs::quickjs PROPERTIES IMPORTED_LOCATION ${QUICKJS_LIBRARY} INTERFACE_LINK_LIBRARIES "m;Threads::Threads;${CMAKE_DL_LIBS}")
target_include_directories(quickjs::quickjs SYSTEM INTERFACE ${QUICKJS_INCLUDE_DIR})
