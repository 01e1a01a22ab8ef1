# The node in a container, as docs/install.md installs it. The CPU by default; for a GPU:
#   docker build --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu126 -t lacdepth_ros .
#   docker run --gpus all --network host --ipc host --user $(id -u):$(id -g) lacdepth_ros \
#     ros2 launch lacdepth_ros depth.launch.py device:=cuda
ARG ROS_DISTRO=jazzy
FROM ros:${ROS_DISTRO}

ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
# Debs of Ubuntu 24.04 are built on NumPy 1; for Lyrical: --build-arg NUMPY=numpy
ARG NUMPY="numpy<2"

SHELL ["/bin/bash", "-eo", "pipefail", "-c"]
WORKDIR /ws

COPY package.xml src/lacdepth_ros/package.xml
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --no-install-recommends -y \
        python3-colcon-common-extensions python3-pip python3-pytest python3-venv \
    && rosdep update --rosdistro "$ROS_DISTRO" \
    && rosdep install --from-paths src --ignore-src -y \
        --skip-keys "python3-pytorch-pip python3-rosbags-pip" \
    && rm -rf /var/lib/apt/lists/*

RUN python3 -m venv --system-site-packages venv \
    && touch venv/COLCON_IGNORE \
    && venv/bin/pip install --no-cache-dir torch torchvision --index-url "$TORCH_INDEX" \
    && venv/bin/pip install --no-cache-dir "$NUMPY" safetensors simplejpeg rosbags openvino

COPY . src/lacdepth_ros
RUN source "/opt/ros/$ROS_DISTRO/setup.bash" \
    && venv/bin/python -m colcon build --packages-select lacdepth_ros \
    && sed -i '$ i source /ws/install/setup.bash --' /ros_entrypoint.sh

# Any user may run it (docker run --user): logs go where all can write.
ENV ROS_LOG_DIR=/tmp/ros_log
CMD ["ros2", "launch", "lacdepth_ros", "depth.launch.py"]
