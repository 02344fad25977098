FROM condaforge/miniforge3:latest
LABEL io.github.snakemake.containerized="true"
LABEL io.github.snakemake.conda_env_hash="095d1f326d03c9964d7de9b5525620d43ff71a7cf5858ce33d964d1176e13ce4"
# Conda environment:
#   source: envs/bulk.yaml
#   prefix: /conda-envs/b8cfa350ba6a7ca513b5584357b28520
#   channels:
#     - conda-forge
#     - bioconda
#     - nodefaults
#   dependencies:
#     - python =3.11
#     - anndata =0.12.19
#     - h5py =3.16.0
#     - lightning =2.6.6
#     - numpy =2.4.6
#     - optuna =5.0.0
#     - pandas =2.3.3
#     - pandera =0.35.0
#     - pyarrow =26.0.1
#     - pytorch =2.13.0
#     - safetensors =0.8.0
#     - scikit-learn =1.9.1
#     - scipy =1.17.1
RUN mkdir -p /conda-envs/b8cfa350ba6a7ca513b5584357b28520
COPY envs/bulk.yaml /conda-envs/b8cfa350ba6a7ca513b5584357b28520/environment.yaml
# Conda environment:
#   source: envs/download.yaml
#   prefix: /conda-envs/be56becb6aee86354268086bba1c258b
#   channels:
#     - conda-forge
#     - bioconda
#     - nodefaults
#   dependencies:
#     - python =3.11
RUN mkdir -p /conda-envs/be56becb6aee86354268086bba1c258b
COPY envs/download.yaml /conda-envs/be56becb6aee86354268086bba1c258b/environment.yaml
# Conda environment:
#   source: envs/esm2.yaml
#   prefix: /conda-envs/2c16e02af74ba0ba6713cd27d05a7af7
#   channels:
#     - conda-forge
#     - bioconda
#     - nodefaults
#   dependencies:
#     - python =3.11
#     - anndata =0.12.19
#     - fair-esm =2.0.0
#     - h5py =3.16.0
#     - numpy =2.4.6
#     - openvino =2026.4.1
#     - pandas =2.3.3
#     - pandera =0.35.0
#     - pyarrow =26.0.1
#     - pytorch =2.13.0
RUN mkdir -p /conda-envs/2c16e02af74ba0ba6713cd27d05a7af7
COPY envs/esm2.yaml /conda-envs/2c16e02af74ba0ba6713cd27d05a7af7/environment.yaml
# Conda environment:
#   source: envs/prebulk.yaml
#   prefix: /conda-envs/be631eca936a3f93b912b11af1045d16
#   channels:
#     - conda-forge
#     - bioconda
#     - nodefaults
#   dependencies:
#     - python =3.11
#     - anndata =0.12.19
#     - h5py =3.16.0
#     - numpy =2.4.6
#     - pandas =2.3.3
#     - pandera =0.35.0
#     - pyarrow =26.0.1
#     - scipy =1.17.1
#     - pip =26.3
#     - pip:
#         - archs4py==1.0.4
#         - deflate==0.9.0
RUN mkdir -p /conda-envs/be631eca936a3f93b912b11af1045d16
COPY envs/prebulk.yaml /conda-envs/be631eca936a3f93b912b11af1045d16/environment.yaml
# Conda environment:
#   source: envs/reference.yaml
#   prefix: /conda-envs/a58dd637b1f3933df8814d2ff4afd0bf
#   channels:
#     - conda-forge
#     - bioconda
#     - nodefaults
#   dependencies:
#     - python =3.11
#     - pandas =2.3.3
#     - pandera =0.35.0
#     - pyarrow =26.0.1
#     - pysam =0.24.1
RUN mkdir -p /conda-envs/a58dd637b1f3933df8814d2ff4afd0bf
COPY envs/reference.yaml /conda-envs/a58dd637b1f3933df8814d2ff4afd0bf/environment.yaml
# Conda environment:
#   source: envs/report.yaml
#   prefix: /conda-envs/f5903a15ff6cd74c55daca220fda9032
#   channels:
#     - conda-forge
#     - bioconda
#     - nodefaults
#   dependencies:
#     - python =3.11
#     - altair =6.3.0
#     - anndata =0.12.19
#     - h5py =3.16.0
#     - jinja2 =3.1.6
#     - markupsafe =3.0.4
#     - matplotlib-base =3.11.2
#     - numpy =2.4.6
#     - pandas =2.3.3
#     - pandera =0.35.0
#     - pyarrow =26.0.1
#     - scanpy =1.11.5
#     - scikit-learn =1.9.1
#     - scipy =1.17.1
#     - threadpoolctl =3.8.0
#     - umap-learn =0.5.11
#     - vl-convert-python =1.9.0.post1
RUN mkdir -p /conda-envs/f5903a15ff6cd74c55daca220fda9032
COPY envs/report.yaml /conda-envs/f5903a15ff6cd74c55daca220fda9032/environment.yaml
# Conda environment:
#   source: envs/seq2track.yaml
#   prefix: /conda-envs/901a037d4a66ec903a32a41e5ac79505
#   channels:
#     - conda-forge
#     - bioconda
#     - nodefaults
#   dependencies:
#     - python =3.11
#     - h5py =3.16.0
#     - lightning =2.6.6
#     - numpy =2.4.6
#     - pandas =2.3.3
#     - pandera =0.35.0
#     - pyarrow =26.0.1
#     - pysam =0.24.1
#     - pytorch =2.13.0
#     - safetensors =0.8.0
#     - scikit-learn =1.9.1
#     - scipy =1.17.1
RUN mkdir -p /conda-envs/901a037d4a66ec903a32a41e5ac79505
COPY envs/seq2track.yaml /conda-envs/901a037d4a66ec903a32a41e5ac79505/environment.yaml
# Conda environment:
#   source: envs/simulate.yaml
#   prefix: /conda-envs/23ed0d4c8914b41c470b3c4706367aba
#   channels:
#     - conda-forge
#     - bioconda
#     - nodefaults
#   dependencies:
#     - python =3.11
#     - anndata =0.12.19
#     - fair-esm =2.0.0
#     - h5py =3.16.0
#     - numpy =2.4.6
#     - pandas =2.3.3
#     - pybigwig =0.3.29
#     - pytorch =2.13.0
#     - scipy =1.17.1
RUN mkdir -p /conda-envs/23ed0d4c8914b41c470b3c4706367aba
COPY envs/simulate.yaml /conda-envs/23ed0d4c8914b41c470b3c4706367aba/environment.yaml
# Conda environment:
#   source: envs/tracks.yaml
#   prefix: /conda-envs/8b491b42e378dade9d2f6bd155ee1a1b
#   channels:
#     - conda-forge
#     - bioconda
#     - nodefaults
#   dependencies:
#     - python =3.11
#     - deeptools =3.5.6
#     - h5py =3.16.0
#     - numpy =2.4.6
#     - pandas =2.3.3
#     - pandera =0.35.0
#     - pyarrow =26.0.1
#     - pybigwig =0.3.29
#     - pysam =0.24.1
#     - scipy =1.17.1
RUN mkdir -p /conda-envs/8b491b42e378dade9d2f6bd155ee1a1b
COPY envs/tracks.yaml /conda-envs/8b491b42e378dade9d2f6bd155ee1a1b/environment.yaml

RUN conda env create --prefix /conda-envs/b8cfa350ba6a7ca513b5584357b28520 --file /conda-envs/b8cfa350ba6a7ca513b5584357b28520/environment.yaml && \
    conda env create --prefix /conda-envs/be56becb6aee86354268086bba1c258b --file /conda-envs/be56becb6aee86354268086bba1c258b/environment.yaml && \
    conda env create --prefix /conda-envs/2c16e02af74ba0ba6713cd27d05a7af7 --file /conda-envs/2c16e02af74ba0ba6713cd27d05a7af7/environment.yaml && \
    conda env create --prefix /conda-envs/be631eca936a3f93b912b11af1045d16 --file /conda-envs/be631eca936a3f93b912b11af1045d16/environment.yaml && \
    conda env create --prefix /conda-envs/a58dd637b1f3933df8814d2ff4afd0bf --file /conda-envs/a58dd637b1f3933df8814d2ff4afd0bf/environment.yaml && \
    conda env create --prefix /conda-envs/f5903a15ff6cd74c55daca220fda9032 --file /conda-envs/f5903a15ff6cd74c55daca220fda9032/environment.yaml && \
    conda env create --prefix /conda-envs/901a037d4a66ec903a32a41e5ac79505 --file /conda-envs/901a037d4a66ec903a32a41e5ac79505/environment.yaml && \
    conda env create --prefix /conda-envs/23ed0d4c8914b41c470b3c4706367aba --file /conda-envs/23ed0d4c8914b41c470b3c4706367aba/environment.yaml && \
    conda env create --prefix /conda-envs/8b491b42e378dade9d2f6bd155ee1a1b --file /conda-envs/8b491b42e378dade9d2f6bd155ee1a1b/environment.yaml && \
    conda clean --all -y
