//! The driver loads and runs what NVRTC makes.

use cudarc::driver::{LaunchConfig, PushKernelArg};
use cudarc::nvrtc::Ptx;
use ringkernel_runtime::cuda::nvrtc::{Options, Source};
use ringkernel_tests::{device, nvrtc, skip};

#[test]
fn a_cubin_of_each_nvrtc_runs_on_this_device() {
    let context = match device::first() {
        Ok(context) => context,
        Err(reason) => skip!("{reason}"),
    };
    let all = nvrtc::all();
    if all.is_empty() {
        skip!("no NVRTC");
    }
    let text = "extern \"C\" __global__ void triple(unsigned* p) { p[threadIdx.x] *= 3; }";
    for nvrtc in &all {
        let source = Source { name: "triple.cu", text, headers: &[] };
        let cubin = nvrtc.compile(&source, &Options::for_arch(device::arch(&context).unwrap())).unwrap();
        let module = context.load_module(Ptx::from_binary(cubin.bytes)).unwrap();
        let function = module.load_function("triple").unwrap();
        let stream = context.new_stream().unwrap();
        let mut values = stream.clone_htod(&(0..64).collect::<Vec<u32>>()).unwrap();
        let mut launch = stream.launch_builder(&function);
        launch.arg(&mut values);
        let shape = LaunchConfig { grid_dim: (1, 1, 1), block_dim: (64, 1, 1), shared_mem_bytes: 0 };
        // SAFETY: the kernel takes one pointer and touches one element a thread, of which there are 64.
        unsafe { launch.launch(shape) }.unwrap();
        let back = stream.clone_dtoh(&values).unwrap();
        assert_eq!(back, (0..64).map(|x| 3 * x).collect::<Vec<u32>>(), "NVRTC {}", nvrtc.version());
    }
}
