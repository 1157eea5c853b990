/// <reference types="@webgpu/types" />
import type { MakeMlpEngine, MlpBatch, MlpState } from '../../science/learn/device/mlp-engine.ts';
import { correctedEpsilon, correctedRate } from '../../science/learn/mlp/adam.ts';
import { strideOf } from '../../science/learn/mlp/batches.ts';
import {
  ROWS_PER_GROUP,
  rowGradientsWgsl,
  SLATE_GRADIENTS_WGSL,
  SLATES_PER_GROUP,
} from './gradients.wgsl.ts';
import { floatBits, spread, Workspace, type Step } from './kernel.ts';
import { ADD_LOSSES_WGSL, denseSize, mlpKernels, TILE_ROWS } from './mlp.wgsl.ts';

/** Steps that may be under way before the host waits: bounds what its uploads hold in memory. */
const STEPS_AHEAD = 64;

/**
 * The GPU twin of `cpuMlpEngine`: batches are uploaded as they come, so a set of any size streams through; parameters and
 * Adam's means stay on the device. What a step computes differs from the CPU's by f32 rounding alone.
 */
export const gpuMlpEngine =
  (device: GPUDevice): MakeMlpEngine =>
  (layout, options) => {
    const { objective, mostRows, mostSlates, rate, l2, epsilon } = options;
    const { features, width, hidden, size, embeddingBias } = layout;
    const workspace = new Workspace(device);
    const floats = (count: number) => workspace.storage(4 * count);
    const [parameters, mean, square] = [floats(size), floats(size), floats(size)];
    const codes = workspace.storage(mostRows * strideOf(features));
    const [base, reward, scores] = [floats(mostRows), floats(mostRows), floats(mostRows)];
    const [starts, outside] = [floats(mostSlates + 1), floats(mostSlates)];
    const pairs = floats(2 * mostRows);
    const [first, slopes] = [floats(mostRows * width), floats(mostRows * width)];
    const [second, secondSlopes] = [floats(mostRows * hidden), floats(mostRows * hidden)];
    const embedding = floats(embeddingBias);
    const mostTiles = Math.ceil(mostRows / TILE_ROWS);
    const partial = floats(mostTiles * denseSize(layout));
    const losses = floats(Math.max(mostSlates, Math.ceil(mostRows / ROWS_PER_GROUP)));
    const [largest, total] = [
      workspace.upload(Uint32Array.of(0)),
      workspace.upload(Float32Array.of(0)),
    ];
    const shape = workspace.changingUniform(7);
    const [count, lossCount] = [workspace.changingUniform(1), workspace.changingUniform(1)];
    // Whole numbers of the embedding's gradient: a sum over all rows of a batch stays within an i32.
    const units = 2 ** Math.floor(30 - Math.log2(mostRows));

    const kernels = mlpKernels(layout);
    const deep = (...buffers: GPUBuffer[]) => (hidden > 0 ? buffers : []);
    const make = (code: string, buffers: readonly GPUBuffer[]) =>
      workspace.step(code, buffers, [1, 1]);
    const forward = make(kernels.forward, [
      parameters,
      codes,
      base,
      first,
      scores,
      shape,
      ...deep(second),
    ]);
    const gradient =
      objective === 'listwise'
        ? make(SLATE_GRADIENTS_WGSL, [scores, reward, starts, outside, pairs, losses, count])
        : make(rowGradientsWgsl('logistic'), [scores, reward, pairs, losses, count]);
    const addLosses = make(ADD_LOSSES_WGSL, [losses, total, lossCount]);
    const backward = make(kernels.backward, [
      parameters,
      pairs,
      first,
      slopes,
      largest,
      shape,
      ...deep(second, secondSlopes),
    ]);
    const dense = make(kernels.dense, [
      first,
      slopes,
      pairs,
      partial,
      shape,
      ...deep(second, secondSlopes),
    ]);
    const embed = make(kernels.embedding, [codes, slopes, largest, embedding, shape]);
    const adam = make(kernels.adam, [parameters, mean, square, embedding, partial, largest, shape]);
    const at = (step: Step, groups: readonly [number, number]): Step => ({ ...step, groups });

    let steps = 0;
    let ahead = 0;
    const send = (batch: MlpBatch) => {
      workspace.write(codes, batch.codes);
      workspace.write(base, batch.base);
      const words = [
        batch.rows,
        floatBits(1 / batch.mass),
        floatBits(units),
        Math.ceil(batch.rows / TILE_ROWS),
        floatBits(correctedRate(rate, steps)),
        floatBits(correctedEpsilon(epsilon, steps)),
        floatBits(l2),
      ];
      workspace.write(shape, Uint32Array.from(words));
    };
    const rowGroups = (batch: MlpBatch) => [Math.ceil(batch.rows / 64), 1] as const;

    return {
      write(state: MlpState) {
        workspace.write(parameters, state.parameters);
        workspace.write(mean, state.mean);
        workspace.write(square, state.square);
        steps = state.steps;
      },
      async step(batch) {
        steps++;
        send(batch);
        workspace.write(reward, Float32Array.from(batch.reward));
        const listwise = objective === 'listwise';
        const slates = batch.starts.length - 1;
        const parts = listwise ? slates : Math.ceil(batch.rows / ROWS_PER_GROUP);
        if (listwise) {
          workspace.write(starts, Uint32Array.from(batch.starts));
          workspace.write(outside, Float32Array.from(batch.outside ?? new Float32Array(slates)));
        }
        workspace.write(count, Uint32Array.of(listwise ? slates : batch.rows));
        workspace.write(lossCount, Uint32Array.of(parts));
        workspace.submit([
          at(forward, rowGroups(batch)),
          at(gradient, spread(listwise ? Math.ceil(slates / SLATES_PER_GROUP) : parts)),
          addLosses,
          at(backward, rowGroups(batch)),
          at(dense, [Math.ceil(denseSize(layout) / 64), Math.ceil(batch.rows / TILE_ROWS)]),
          at(embed, [features, width / 4]),
          at(adam, spread(Math.ceil(size / 256))),
        ]);
        if (++ahead < STEPS_AHEAD) return;
        ahead = 0;
        await workspace.finish();
      },
      async takeLoss() {
        const [loss] = new Float32Array(await workspace.read(total, 4));
        workspace.write(total, Float32Array.of(0));
        return loss;
      },
      async scores(batch) {
        send(batch);
        workspace.submit([at(forward, rowGroups(batch))]);
        return new Float32Array(await workspace.read(scores, 4 * batch.rows));
      },
      async read() {
        return {
          parameters: new Float32Array(await workspace.read(parameters, 4 * size)),
          mean: new Float32Array(await workspace.read(mean, 4 * size)),
          square: new Float32Array(await workspace.read(square, 4 * size)),
          steps,
        };
      },
      destroy: () => workspace.destroy(),
    };
  };
