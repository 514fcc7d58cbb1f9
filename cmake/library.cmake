# libleat, the shared library: every layer, with only the names that begin with leat_ exported,
# and what `cmake --install` lays down. Tests link the static layers and reach everything.
include(CMakePackageConfigHelpers)

foreach(layer ${LEAT_LAYERS})
    list(APPEND leat_objects $<TARGET_OBJECTS:${layer}>)
endforeach()
add_library(leat SHARED ${leat_objects})
set_target_properties(leat PROPERTIES
    VERSION ${PROJECT_VERSION}
    # No promise of binary compatibility before 1.0: each minor version is a library of its own.
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
    LINKER_LANGUAGE C
    LINK_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/leat.map)
target_link_options(leat PRIVATE
    -Wl,--version-script=${CMAKE_CURRENT_LIST_DIR}/leat.map -Wl,-Bsymbolic-functions)
if(NOT LEAT_SANITIZE)
    # A sanitizer's runtime stands in the program and not in the library.
    target_link_options(leat PRIVATE -Wl,--no-undefined)
endif()
target_link_libraries(leat PRIVATE leat_flags Threads::Threads PkgConfig::JANSSON CURL::libcurl
    PkgConfig::CRYPTO ${ROCKSDB_LIBRARY} PkgConfig::RDKAFKA PkgConfig::MICROHTTPD PkgConfig::PQ)
target_include_directories(leat INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

install(TARGETS leat EXPORT leat-targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET leat-avrogen)
    install(TARGETS leat-avrogen RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
foreach(folder schemas/base schemas topology processor sink)
    if(EXISTS ${CMAKE_SOURCE_DIR}/${folder}/leat)
        install(DIRECTORY ${CMAKE_SOURCE_DIR}/${folder}/leat/
            DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/leat FILES_MATCHING PATTERN "*.h")
    endif()
endforeach()

# Relative to where the file lies, so that an installed tree may be moved.
file(RELATIVE_PATH leat_pc_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${CMAKE_CURRENT_LIST_DIR}/leat.pc.in ${CMAKE_BINARY_DIR}/leat.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/leat.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

set(leat_package ${CMAKE_INSTALL_LIBDIR}/cmake/leat)
install(EXPORT leat-targets NAMESPACE leat:: FILE leat-targets.cmake DESTINATION ${leat_package})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/leat-config.cmake.in
    ${CMAKE_BINARY_DIR}/leat-config.cmake INSTALL_DESTINATION ${leat_package})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/leat-config-version.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/leat-config.cmake ${CMAKE_BINARY_DIR}/leat-config-version.cmake
    DESTINATION ${leat_package})
