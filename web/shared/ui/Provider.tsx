import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/noto-sans-devanagari/wght.css';
import '@mantine/core/styles/baseline.css';
import '@mantine/core/styles/default-css-variables.css';
import '@mantine/core/styles/global.css';
import '@mantine/core/styles/UnstyledButton.css';
import '@mantine/core/styles/CloseButton.css';
import '@mantine/core/styles/Paper.css';
import '@mantine/core/styles/Overlay.css';
import '@mantine/core/styles/Popover.css';
import '@mantine/core/styles/Input.css';
import '@mantine/core/styles/ModalBase.css';
import '@mantine/core/styles/Modal.css';
import '@mantine/core/styles/Menu.css';
import '@mantine/core/styles/Group.css';
import '@mantine/core/styles/PinInput.css';
import '@mantine/core/styles/Notification.css';
import '@mantine/core/styles/Loader.css';
import '@mantine/notifications/styles.css';
import './tokens.css';
import './base.css';
import './parts.css';
import './data.css';
import './frame.css';
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { problemOf } from '../api/problem';
import { KeysProvider } from '../hooks/keys';
import { ScanProvider } from '../hooks/scan';
import { resolver, theme } from './theme';

/** makeQueries holds what was fetched. Live events say what is stale; refetching by a clock would only load the lab's PC. */
export function makeQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        refetchOnWindowFocus: false,
        retry: (count, error) => problemOf(error).status === 0 && count < 3,
        retryDelay: (n) => Math.min(5000, 500 * 2 ** n),
        placeholderData: (previous: unknown) => previous, // old rows stay while new ones come
      },
      mutations: { retry: false },
    },
  });
}

const schemes = localStorageColorSchemeManager({ key: 'jaanch.theme' });

/** nonce is what the server put into the page for the styles that Mantine writes at run time. */
function nonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
}

/** Provider is everything that both apps stand on. */
export function Provider({ queries, children }: { queries: QueryClient; children: ReactNode }) {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={resolver}
      defaultColorScheme="auto"
      colorSchemeManager={schemes}
      getStyleNonce={nonce}
    >
      <QueryClientProvider client={queries}>
        <KeysProvider>
          <ScanProvider>
            <Notifications position="bottom-right" limit={3} autoClose={6000} />
            {children}
          </ScanProvider>
        </KeysProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}
