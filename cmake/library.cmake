# The shared library: every room that computes, without the verbs and the command. Only what public
# headers mark GA_API is visible, and it carries the version GANATOMY_0.
set(GA_LIBRARY_ROOMS ${GA_ROOMS})
list(REMOVE_ITEM GA_LIBRARY_ROOMS app cli)

set(version_script ${PROJECT_SOURCE_DIR}/cmake/libganatomy.map)
add_library(libganatomy SHARED)
set_target_properties(libganatomy PROPERTIES OUTPUT_NAME ganatomy VERSION 0.${PROJECT_VERSION}
                      SOVERSION 0 LINKER_LANGUAGE C LINK_DEPENDS ${version_script})
target_link_options(libganatomy PRIVATE -Wl,--version-script=${version_script})
if(NOT GA_SANITIZE)
  target_link_options(libganatomy PRIVATE -Wl,-z,defs)
endif()
foreach(room ${GA_LIBRARY_ROOMS})
  # All objects go in; linking the room as well brings the libraries that it needs.
  target_sources(libganatomy PRIVATE $<TARGET_OBJECTS:ga_${room}>)
  target_link_libraries(libganatomy PRIVATE ga_${room})
endforeach()

include(GNUInstallDirs)
configure_file(ganatomy.pc.in ganatomy.pc @ONLY)
install(TARGETS libganatomy LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/ganatomy DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/ganatomy.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
