import type { Extent, SlidingWindow } from '../ir/geometry.ts';

/** `3x3, stride 2, dilation 2`: the kernel and what differs from 1. */
export function summarizeWindow(window: SlidingWindow): string {
  const parts = [`${window.kernel.h}x${window.kernel.w}`];
  if (!isOne(window.stride)) parts.push(`stride ${summarizeExtent(window.stride)}`);
  if (!isOne(window.dilation)) parts.push(`dilation ${summarizeExtent(window.dilation)}`);
  return parts.join(', ');
}

function isOne(extent: Extent): boolean {
  return extent.h === 1 && extent.w === 1;
}

function summarizeExtent(extent: Extent): string {
  return extent.h === extent.w ? String(extent.h) : `${extent.h}x${extent.w}`;
}
