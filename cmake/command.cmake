# The command, and the pages that it writes about itself.
add_executable(ganatomy src/main.c)
target_link_libraries(ganatomy PRIVATE ga_cli)
# Where models that came with the program lie once it is installed.
set_source_files_properties(src/app/models.c PROPERTIES COMPILE_DEFINITIONS
  "GA_SHARE_DIR=\"${CMAKE_INSTALL_FULL_DATADIR}/ganatomy\"")

set(pages ${CMAKE_CURRENT_BINARY_DIR}/pages)
add_custom_command(OUTPUT ${pages}/made
  COMMAND ${PROJECT_SOURCE_DIR}/tools/gen_man.sh $<TARGET_FILE:ganatomy> ${pages}
  COMMAND ${CMAKE_COMMAND} -E touch ${pages}/made
  DEPENDS ganatomy ${PROJECT_SOURCE_DIR}/tools/gen_man.sh VERBATIM)
add_custom_target(pages ALL DEPENDS ${pages}/made)

install(TARGETS ganatomy RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${pages}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR})
install(FILES ${pages}/completion.bash RENAME ganatomy
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(DIRECTORY models DESTINATION ${CMAKE_INSTALL_DATADIR}/ganatomy)
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
