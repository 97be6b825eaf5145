// SPDX-License-Identifier: GPL-3.0-or-later
// Neuroglancer beside the panel: which cells it shows in which colours, which synapses, and where it looks.
import {setDefaultInputEventBindings} from "neuroglancer/unstable/ui/default_input_event_bindings.js";
import {makeDefaultViewer} from "neuroglancer/unstable/ui/default_viewer.js";
import type {Run} from "./api.ts";
import {shader} from "./shader.ts";
import {colourOf, type State} from "./state.ts";

/// Red in the lowest byte, as Neuroglancer packs colours.
function packed(hex: string): bigint {
  const n = parseInt(hex.slice(1), 16);
  return BigInt((n & 0xff) << 16 | (n & 0xff00) | n >> 16);
}

export class View {
  private readonly viewer: any;
  /// `moved`: the user looked elsewhere.
  constructor(private readonly run: Run, first: State, moved: () => void) {
    const viewer: any = makeDefaultViewer({
      showLayerDialog: false, resetStateWhenEmpty: false, showHelpButton: false, showSettingsButton: false, showEditStateButton: false,
      showToolPaletteButton: false, showAnnotationToolStatus: false,
    } as any);
    setDefaultInputEventBindings(viewer.inputEventBindings);
    this.viewer = viewer;
    (window as any).viewer = viewer;
    viewer.state.restoreState(this.layers(first));
    for (const part of [viewer.navigationState, viewer.perspectiveNavigationState]) part.changed.add(moved);
  }

  private layers(s: State): unknown {
    const url = `precomputed://${location.origin}/data`;
    const layers: unknown[] = [];
    if (this.run.layers.raw) layers.push({type: "image", name: "image", source: `${url}/raw`});
    if (this.run.layers.seg) layers.push({type: "segmentation", name: "cells", source: `${url}/seg`, segments: [], objectAlpha: 0.85});
    if (this.run.layers.synapses)
      layers.push({
        type: "annotation", name: "synapses", source: `${url}/synapses`, shader: this.shader(s),
        linkedSegmentationLayer: Object.fromEntries(["pre_segment", "post_segment", "cell_a", "cell_b"].map((r) => [r, "cells"])),
        filterBySegmentation: ["pre_segment", "post_segment", "cell_a", "cell_b"],
      });
    const nm = this.run.voxel_size_nm;
    return {
      // From the beginning: what is set before the layers are there is set anew when they come.
      ...(s.at.length === 5 ? {position: s.at.slice(0, 3), crossSectionScale: s.at[3], projectionScale: s.at[4]} : {}),
      layers, layout: "4panel", showSlices: false, selectedLayer: {visible: false},
      ...(nm ? {dimensions: {x: [nm[0] * 1e-9, "m"], y: [nm[1] * 1e-9, "m"], z: [nm[2] * 1e-9, "m"]}} : {}),
    };
  }

  private shader(s: State): string {
    const code = Object.entries(this.run.cell_types).find(([, name]) => name === s.partnerType)?.[0];
    return shader(s, code === undefined ? null : Number(code));
  }
  private layer(name: string): any {
    return this.viewer.layerManager.managedLayers.find((l: any) => l.name === name)?.layer;
  }

  show(s: State): void {
    const cells = this.layer("cells");
    if (cells) {
      const group = cells.displayState.segmentationGroupState.value;
      group.visibleSegments.clear();
      cells.displayState.segmentStatedColors.value.clear();
      for (const id of s.trail) {
        cells.displayState.segmentStatedColors.value.set(BigInt(id), packed(colourOf(s, id)));
        group.visibleSegments.add(BigInt(id));
      }
    }
    const synapses = this.layer("synapses");
    if (synapses) synapses.annotationDisplayState.shader.value = this.shader(s);
  }

  /// Looks at a voxel; `zoom` of [sections, 3-D] where given.
  lookAt(position: number[], zoom?: [number, number]): void {
    this.viewer.navigationState.position.value = Float32Array.from(position);
    if (!zoom) return;
    this.viewer.navigationState.zoomFactor.value = zoom[0];
    this.viewer.perspectiveNavigationState.zoomFactor.value = zoom[1];
  }
  /// Where it looks, as the address keeps it.
  where(): number[] {
    const {position, crossSectionScale, projectionScale} = this.viewer.state.toJSON();
    const at = [...(position ?? []), crossSectionScale, projectionScale];
    return at.length === 5 && at.every(Number.isFinite) ? at : [];
  }
}
