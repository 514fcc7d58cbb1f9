# leat_generate(target schema.avsc...): C structs, accessors and codecs of Avro records, as a
# static library; `#include "retail/sale.h"` for schemas/retail/sale.avsc.
file(GLOB avrogen_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/schemas/avrogen*.c)
if(avrogen_sources)
    add_executable(leat-avrogen ${avrogen_sources})
    target_link_libraries(leat-avrogen PRIVATE schemas leat_flags)
endif()

function(leat_generate target)
    foreach(schema ${ARGN})
        get_filename_component(stem ${schema} NAME_WE)
        get_filename_component(folder ${schema} DIRECTORY)
        get_filename_component(folder ${folder} NAME)
        set(base ${CMAKE_BINARY_DIR}/generated/${folder}/${stem})
        add_custom_command(OUTPUT ${base}.c ${base}.h
            COMMAND leat-avrogen --out ${CMAKE_BINARY_DIR}/generated/${folder} ${schema}
            DEPENDS leat-avrogen ${schema})
        list(APPEND sources ${base}.c)
    endforeach()
    add_library(${target} STATIC ${sources})
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_include_directories(${target} PUBLIC ${CMAKE_BINARY_DIR}/generated)
    target_link_libraries(${target} PUBLIC schemas PRIVATE leat_flags)
endfunction()

file(GLOB retail_schemas CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/schemas/retail/*.avsc)
if(retail_schemas AND avrogen_sources)
    leat_generate(retail_types ${retail_schemas})
endif()
