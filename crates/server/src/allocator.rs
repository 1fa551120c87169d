//! Thousands of small things of devices and rooms come and go on all threads: jemalloc takes the place of the system's
//! `malloc`, for Rust and for the C below it alike (ADR 91). `.cargo/config.toml` says how it keeps house.
//!
//! Naming its functions makes the linker take them.

use std::ffi::{c_int, c_void};

use tikv_jemalloc_sys as jemalloc;

#[used]
static MALLOC: unsafe extern "C" fn(usize) -> *mut c_void = jemalloc::malloc;
#[used]
static CALLOC: unsafe extern "C" fn(usize, usize) -> *mut c_void = jemalloc::calloc;
#[used]
static REALLOC: unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void = jemalloc::realloc;
#[used]
static FREE: unsafe extern "C" fn(*mut c_void) = jemalloc::free;
#[used]
static ALIGNED: unsafe extern "C" fn(usize, usize) -> *mut c_void = jemalloc::aligned_alloc;
#[used]
static POSIX_ALIGNED: unsafe extern "C" fn(*mut *mut c_void, usize, usize) -> c_int =
    jemalloc::posix_memalign;
