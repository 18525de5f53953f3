// Whether the calling thread is in a destructor: there a refusal ends the process, because a
// destructor may not throw. DuckDB's allocate: to destroy the states of aggregates it makes vectors
// and pins blocks.

#pragma once

namespace arc::memory {

// Looks at the names of the functions on the stack; those without one in a dynamic symbol table are
// taken for no destructors. DuckDB exports all of its own. About 50 microseconds, milliseconds
// where a function is met for the first time. Not from inside malloc: it takes the dynamic linker's
// lock.
bool IsInDestructor();

// Of a mangled name (Itanium C++ ABI, 5.1.4.3), with what compilers append after a dot.
bool IsNameOfDestructor(const char* mangled_name);

}  // namespace arc::memory
