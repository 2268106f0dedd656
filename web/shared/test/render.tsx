import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, type RenderResult } from '@testing-library/react';
import type { ReactNode } from 'react';
import { KeysProvider } from '../hooks/keys';
import { ScanProvider } from '../hooks/scan';

/** show renders a part of a screen with everything it stands on, but no server. */
export function show(node: ReactNode): RenderResult {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return render(
    <MantineProvider env="test">
      <QueryClientProvider client={client}>
        <KeysProvider>
          <ScanProvider>{node}</ScanProvider>
        </KeysProvider>
      </QueryClientProvider>
    </MantineProvider>,
  );
}
