// Whether the calling thread is in a destructor. A destructor may not throw, so a refusal of memory
// there would end the process. DuckDB's destructors do allocate: to destroy the states of
// aggregates they make vectors and pin blocks.

#pragma once

namespace arc::memory {

// Looks at the names of the functions on the stack, as the dynamic symbol tables have them (DuckDB
// exports all of its functions). A function without a name there counts as not a destructor. Takes
// about 50 microseconds, and milliseconds for functions that it meets for the first time. Never
// call it from inside malloc: it takes the dynamic linker's lock.
bool IsInDestructor();

// `mangled_name` is as in the Itanium C++ ABI, 5.1.4.3, and may have a suffix after a dot
// (".cold").
bool IsNameOfDestructor(const char* mangled_name);

}  // namespace arc::memory
