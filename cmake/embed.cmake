# A text file as a C string: run with -DIN=file -DOUT=file.c -DNAME=name -P embed.cmake.
if(CMAKE_SCRIPT_MODE_FILE)
    file(READ ${IN} bytes HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes "${bytes}")
    file(WRITE ${OUT} "extern const char ${NAME}[];\nconst char ${NAME}[] = {\n${bytes}0 };\n")
    return()
endif()

# leat_embed(out name file): out becomes the path of a C file that defines `const char name[]`.
function(leat_embed out name file)
    set(made ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
    add_custom_command(OUTPUT ${made}
        COMMAND ${CMAKE_COMMAND} -DIN=${file} -DOUT=${made} -DNAME=${name}
                -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
        DEPENDS ${file} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake)
    set(${out} ${made} PARENT_SCOPE)
endfunction()
